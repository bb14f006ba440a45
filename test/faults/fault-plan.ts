import { createRandom } from "@exhibit/testkit";
import type { Fault, Target } from "./fault.ts";

/** A fault with its time. */
export interface PlannedFault {
  fault: Fault;
  /** Milliseconds after the run's begin. */
  at: number;
  /** Milliseconds that it lasts. */
  lasts: number;
}

export interface PlanOptions {
  seed: number;
  minutes: number;
}

/** A fault begins every so often, in milliseconds: two of three times sooner. */
const PAUSES = [500, 9_000] as const;
/** What was struck is left alone for so long, in milliseconds, so that it can be seen to recover. */
const REST_MS = 4_000;

/**
 * What breaks when and for how long; the same seed gives the same. Different things break together; one thing has one
 * fault at a time.
 */
export function planFaults(
  kinds: readonly Fault[],
  { seed, minutes }: PlanOptions,
): PlannedFault[] {
  const random = createRandom(seed);
  const free = new Map<Target, number>();
  const plan: PlannedFault[] = [];
  const timesOf = (kind: Fault) => plan.filter(({ fault }) => fault === kind).length;
  const end = minutes * 60_000;
  for (let at = random.between(...PAUSES); at < end; at += random.between(...PAUSES)) {
    const able = kinds.filter(({ target }) => (free.get(target) ?? 0) <= at);
    if (able.length === 0) continue;
    // Those that came least often: so every kind comes, and none much more often than another.
    const fewest = Math.min(...able.map(timesOf));
    const fault = random.pick(able.filter((one) => timesOf(one) === fewest));
    const [least, most] = fault.lasts;
    const lasts = Math.min(random.between(least * 1000, most * 1000), end - at);
    free.set(fault.target, at + lasts + REST_MS);
    plan.push({ fault, at, lasts });
  }
  return plan;
}
