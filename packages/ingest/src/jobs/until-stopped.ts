import { ExhibitError } from "@exhibit/contracts";
import { type Ledger, readWorkState, type ShardRun } from "@exhibit/ledger";
import type { Attempt } from "@exhibit/queue";

/**
 * Milliseconds between two checks whether a person stopped the work; most jobs end before the
 * second.
 */
const CHECK_EVERY_MS = 1000;

/** What a job's work is for. */
export interface WorkOf {
  importId: string;
  /** The vendor, if the work needs it: pausing the vendor then stops the work. */
  vendor?: string;
  /** The run, if the work is a shard's: another worker may have taken the shard over. */
  run?: ShardRun;
}

/**
 * Runs a job's work under a signal that also aborts when the import is cancelled or paused, its
 * vendor is paused, or another worker has taken over the shard. Errors caused by that abort are
 * dropped and the job completes; resuming enqueues it again. Work that is stopped beforehand isn't
 * started. A failure the work *returns* is already in the ledger: it is thrown even if the import
 * was paused meanwhile, but not if it was cancelled.
 */
export async function runUntilStopped(
  ledger: Ledger,
  of: WorkOf,
  attempt: Attempt,
  work: (attempt: Attempt) => Promise<ExhibitError | undefined>,
): Promise<void> {
  const stop = new AbortController();
  const check = async () => {
    const reason = await stopReason(ledger, of);
    if (reason) stop.abort(reason);
  };
  await check();
  if (stop.signal.aborted) return await endStopped(ledger, of, attempt, stop.signal.reason);
  // While the ledger is unreachable nothing is known; the next check tells.
  const timer = setInterval(() => void check().catch(() => {}), CHECK_EVERY_MS);
  let failure: ExhibitError | undefined;
  try {
    failure = await work({ ...attempt, signal: AbortSignal.any([attempt.signal, stop.signal]) });
  } catch (thrown) {
    // The stop may be the cause even if no check has seen it yet: no job of a cancelled import
    // fails.
    if (!stop.signal.aborted) await check().catch(() => {});
    if (!stop.signal.aborted) throw thrown;
    return await endStopped(ledger, of, attempt, stop.signal.reason);
  } finally {
    clearInterval(timer);
  }
  if (failure && !(await isCancelled(ledger, of))) throw failure;
}

async function isCancelled(ledger: Ledger, { importId }: WorkOf): Promise<boolean> {
  const state = await readWorkState(ledger, importId).catch(() => undefined);
  return state?.status === "cancelled";
}

/**
 * Ends work that was stopped. If it was resumed meanwhile, its job goes back to the queue:
 * enqueueing it had no effect while it was still running.
 */
async function endStopped(
  ledger: Ledger,
  of: WorkOf,
  attempt: Attempt,
  known: ExhibitError,
): Promise<void> {
  const reason = await stopReason(ledger, of).catch(() => known);
  if (!reason) throw new ExhibitError("INTERRUPTED", "The work was paused and resumed.");
  await attempt.log(`${reason.message} This run ends; nothing of it is lost.`);
}

async function stopReason(
  ledger: Ledger,
  { importId, vendor, run }: WorkOf,
): Promise<ExhibitError | undefined> {
  const state = await readWorkState(ledger, importId, { vendor, run });
  if (state?.superseded) {
    return new ExhibitError("INTERRUPTED", `Another run has taken over shard ${run?.shardId}.`);
  }
  const cancelled = state?.status === "cancelled";
  if (!cancelled && state?.paused !== true) return undefined;
  const what = cancelled
    ? "is cancelled"
    : vendor === undefined
      ? "is paused"
      : `or ${vendor} is paused`;
  return new ExhibitError("INTERRUPTED", `Import ${importId} ${what}.`);
}
