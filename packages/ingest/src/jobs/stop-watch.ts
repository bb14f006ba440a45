import { ExhibitError } from "@exhibit/contracts";
import { type Ledger, readStanding, type ShardRun } from "@exhibit/ledger";
import type { Attempt } from "@exhibit/queue";

/** So long, in milliseconds, work may go on after a person stopped it; most jobs end before the second look. */
const LOOK_EVERY_MS = 1000;

/** What a job's work is for. */
export interface WorkOf {
  importId: string;
  /** When the work needs it: it may be paused, too. */
  vendor?: string;
  /** Of a shard: another worker may have it by now. */
  run?: ShardRun;
}

/**
 * Does a job's work with a signal that aborts also when a person stops it: cancels or pauses the import, or pauses the
 * vendor; and when another worker was given the shard, because the queue took this one for dead. What the work throws because of it is no failure, and the job ends quietly: resuming rings again for all that
 * is open. Paused work isn't begun. The failure that the work gives is on the ledger's record, where no resuming looks: it
 * is thrown, paused or not; only jobs of a cancelled import don't fail.
 */
export async function whileWanted(
  ledger: Ledger,
  of: WorkOf,
  attempt: Attempt,
  work: (attempt: Attempt) => Promise<ExhibitError | undefined>,
): Promise<void> {
  const stop = new AbortController();
  const look = async () => {
    const reason = await whyUnwanted(ledger, of);
    if (reason) stop.abort(reason);
  };
  await look();
  if (stop.signal.aborted) return await setDown(ledger, of, attempt, stop.signal.reason);
  // While the ledger is away, nothing is known: the next look tells.
  const timer = setInterval(() => void look().catch(() => {}), LOOK_EVERY_MS);
  let failure: ExhibitError | undefined;
  try {
    failure = await work({ ...attempt, signal: AbortSignal.any([attempt.signal, stop.signal]) });
  } catch (thrown) {
    // What fails between two looks may fail because of it, too: no job of a cancelled import fails.
    if (!stop.signal.aborted) await look().catch(() => {});
    if (!stop.signal.aborted) throw thrown;
    return await setDown(ledger, of, attempt, stop.signal.reason);
  } finally {
    clearInterval(timer);
  }
  if (failure && !(await isCancelled(ledger, of))) throw failure;
}

async function isCancelled(ledger: Ledger, { importId }: WorkOf): Promise<boolean> {
  const standing = await readStanding(ledger, importId).catch(() => undefined);
  return standing?.status === "cancelled";
}

/** Ends work that isn't wanted. What was resumed meanwhile goes back to the queue: its bell was rung while it still ran. */
async function setDown(
  ledger: Ledger,
  of: WorkOf,
  attempt: Attempt,
  known: ExhibitError,
): Promise<void> {
  const reason = await whyUnwanted(ledger, of).catch(() => known);
  if (!reason) throw new ExhibitError("INTERRUPTED", "The work was paused and resumed.");
  await attempt.log(`${reason.message} This run ends; nothing of it is lost.`);
}

async function whyUnwanted(
  ledger: Ledger,
  { importId, vendor, run }: WorkOf,
): Promise<ExhibitError | undefined> {
  const standing = await readStanding(ledger, importId, { vendor, run });
  if (standing?.superseded) {
    return new ExhibitError("INTERRUPTED", `Another run goes on with shard ${run?.shardId}.`);
  }
  const cancelled = standing?.status === "cancelled";
  if (!cancelled && standing?.paused !== true) return undefined;
  const what = cancelled
    ? "is cancelled"
    : vendor === undefined
      ? "is paused"
      : `or ${vendor} is paused`;
  return new ExhibitError("INTERRUPTED", `Import ${importId} ${what}.`);
}
