import { createRandom } from "@exhibit/testkit/random";
import type { Fault, Target } from "./fault.ts";

/** A fault and its time. */
export interface PlannedFault {
  fault: Fault;
  /** Milliseconds after the run's begin. */
  at: number;
  /** Its duration in milliseconds. */
  lasts: number;
}

export interface PlanOptions {
  seed: number;
  minutes: number;
}

/** The least and the most milliseconds between the beginnings of two faults. */
const PAUSES = [500, 9_000] as const;
/** What a fault affected is left alone for so many milliseconds, so that its recovery can be seen. */
const REST_MS = 4_000;

/**
 * Returns what breaks when and for how long; the same seed gives the same plan. Different things
 * break together; one thing has one fault at a time.
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
    // Those that came least often, so that every kind comes, and none much more often than another.
    const fewest = Math.min(...able.map(timesOf));
    const fault = random.pick(able.filter((one) => timesOf(one) === fewest));
    const [least, most] = fault.lasts;
    const lasts = Math.min(random.between(least * 1000, most * 1000), end - at);
    free.set(fault.target, at + lasts + REST_MS);
    plan.push({ fault, at, lasts });
  }
  return plan;
}
