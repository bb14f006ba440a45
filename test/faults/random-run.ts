import { setTimeout as sleep } from "node:timers/promises";
import { ExhibitError, errorTable } from "@exhibit/contracts";
import { createRandom, type Random } from "@exhibit/testkit/random";
import type { Deployment } from "./deployment/deployment.ts";
import { makeEvidence } from "./evidence.ts";
import type { ImportTarget } from "./fault.ts";
import { type PlannedFault, planFaults } from "./fault-plan.ts";
import { faults } from "./kinds/index.ts";
import { gatherFacts } from "./oracle/gather.ts";
import { judge, type Violation } from "./oracle/oracle.ts";
import { untilNextRecorded, untilRecorded } from "./recovery.ts";
import { resentBytes } from "./run-scenario.ts";

export interface RandomOptions {
  minutes: number;
  seed: number;
  /** Is called with a line for each event. */
  note(line: string): void;
}

export interface RandomResult {
  seed: number;
  imports: number;
  /** The number of source files that the oracle checked. */
  files: number;
  faults: KindSummary[];
  /** The number of listed files by code. */
  codes: Record<string, number>;
  resentBytes: number;
  /** Multipart uploads that only a lifecycle rule can end. */
  unheardUploads: number;
  /** Faults that couldn't be begun or ended: failures of the suite itself. */
  failures: string[];
  violations: Violation[];
}

/** The seconds from the end of such a fault until the next outcome was recorded. */
interface KindSummary {
  kind: string;
  count: number;
  median?: number;
  max?: number;
}

const IMPORTS_AT_ONCE = 3;
/** A delay of every request to OSS in milliseconds: on one machine everything else is too fast. */
const PACE = 20;
const END_MS = 15 * 60_000;

/** Runs three imports at all times and a plan of faults until the time is up; then everything heals, ends, and is judged. */
export async function runRandomly(
  deployment: Deployment,
  options: RandomOptions,
): Promise<RandomResult> {
  const { minutes, seed, note } = options;
  const plan = planFaults(faults, { seed, minutes });
  note(`${plan.length} faults are planned`);
  await deployment.sandbox.pace(PACE);
  const all: ImportTarget[] = [];
  const underWay = new Set<ImportTarget>();
  const times = new Map<string, (number | undefined)[]>();
  const stop = AbortSignal.timeout(minutes * 60_000);
  const lanes = Promise.all(
    Array.from({ length: IMPORTS_AT_ONCE }, (_, lane) =>
      importOnAndOn(deployment, { lane, seed, stop, all, underWay }),
    ),
  );
  lanes.catch(() => {}); // it is awaited when the faults are over
  const failures: string[] = [];
  await breakBy(plan, {
    deployment,
    random: createRandom(seed + 1),
    underWay,
    times,
    failures,
    note,
  });
  await deployment.restore();
  note("All is healed; the imports end");
  await lanes;
  await Promise.race([
    untilRecorded(
      deployment,
      all.map(({ importId }) => importId),
      Number.POSITIVE_INFINITY,
    ),
    sleep(END_MS, undefined, { ref: false }),
  ]);
  const facts = await gatherFacts(
    deployment,
    all.map(({ importId, evidence }) => ({ evidence, importIds: [importId] })),
  );
  const listed = facts.imports.flatMap(({ files }) =>
    files.flatMap(({ state, code }) =>
      state === "failed" || state === "waived" ? [code ?? "none"] : [],
    ),
  );
  return {
    seed,
    imports: all.length,
    files: facts.sources.length,
    faults: [...times]
      .map(([kind, list]) => summaryOf(kind, list))
      .sort((a, b) => a.kind.localeCompare(b.kind)),
    codes: tallyOf(listed),
    resentBytes: resentBytes(facts),
    unheardUploads: facts.unheardUploads,
    failures,
    violations: judge(facts),
  };
}

interface Lane {
  lane: number;
  seed: number;
  stop: AbortSignal;
  all: ImportTarget[];
  underWay: Set<ImportTarget>;
}

/** Runs one import after the other. */
async function importOnAndOn(
  deployment: Deployment,
  { lane, seed, stop, all, underWay }: Lane,
): Promise<void> {
  const random = createRandom(seed * 31 + lane);
  for (let number = 1; !stop.aborted; number += 1) {
    const shape = { folders: 8, files: random.between(1_200, 2_400), large: random.between(0, 2) };
    const evidence = await makeEvidence(
      deployment.root,
      `E${seed}-${lane}-${number}`,
      shape,
      random,
    );
    const importId = await createPatiently(deployment, evidence);
    const target = { importId, evidence };
    all.push(target);
    underWay.add(target);
    await untilRecorded(deployment, [importId], Number.POSITIVE_INFINITY);
    underWay.delete(target);
  }
}

/** Creates an import. If a response is lost the import may exist: its case is looked for before it is created again. */
async function createPatiently(
  deployment: Deployment,
  { entrustId, request }: ImportTarget["evidence"],
): Promise<string> {
  for (;;) {
    try {
      const { items } = await deployment.api.list({ entrust: entrustId, limit: 1 });
      return (items[0] ?? (await deployment.api.create(request))).import_id;
    } catch (error) {
      if (!(error instanceof ExhibitError) || errorTable[error.code].status < 500) throw error;
      await sleep(500);
    }
  }
}

interface Breaking {
  deployment: Deployment;
  random: Random;
  underWay: ReadonlySet<ImportTarget>;
  times: Map<string, (number | undefined)[]>;
  failures: string[];
  note(line: string): void;
}

async function breakBy(plan: readonly PlannedFault[], breaking: Breaking): Promise<void> {
  const began = performance.now();
  const running: Promise<void>[] = [];
  for (const planned of plan) {
    await sleep(Math.max(0, planned.at - (performance.now() - began)));
    const failed = (error: unknown) => {
      breaking.failures.push(`${planned.fault.kind}: ${String(error)}`);
    };
    running.push(breakOnce(planned, breaking).catch(failed));
  }
  await Promise.all(running);
}

async function breakOnce(
  { fault, lasts }: PlannedFault,
  { deployment, random, underWay, times, note }: Breaking,
): Promise<void> {
  const seconds = (lasts / 1000).toFixed(1);
  note(`${new Date().toISOString()} ${fault.kind}${lasts === 0 ? "" : ` for ${seconds} s`}`);
  const end = await fault.begin({ deployment, random, targets: [...underWay] });
  await sleep(lasts);
  const ids = [...underWay].map(({ importId }) => importId);
  const [milliseconds] = await Promise.all([
    ids.length === 0 ? undefined : untilNextRecorded(deployment, ids),
    end(),
  ]);
  times.set(fault.kind, [...(times.get(fault.kind) ?? []), milliseconds]);
}

function summaryOf(kind: string, list: readonly (number | undefined)[]): KindSummary {
  const sorted = list
    .filter((time) => time !== undefined)
    .sort((a, b) => a - b)
    .map((time) => time / 1000);
  const [median, max] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return {
    kind,
    count: list.length,
    ...(median !== undefined && max !== undefined && { median, max }),
  };
}

function tallyOf(words: readonly string[]): Record<string, number> {
  const tally: Record<string, number> = {};
  for (const word of words) tally[word] = (tally[word] ?? 0) + 1;
  return tally;
}
