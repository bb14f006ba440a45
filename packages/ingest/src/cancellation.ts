import { type Ledger, readStatus } from "@exhibit/ledger";
import type { Attempt } from "@exhibit/queue";

/** So long, in milliseconds, work may go on after its import was cancelled; most jobs end before the first look. */
const LOOK_EVERY_MS = 1000;

/**
 * Does a job's work with a signal that aborts also when the import is cancelled; then what the work throws because of it
 * is no failure, and the job ends quietly.
 */
export async function untilCancelled(
  ledger: Ledger,
  importId: string,
  attempt: Attempt,
  work: (attempt: Attempt) => Promise<void>,
): Promise<void> {
  const cancelled = new AbortController();
  const look = async () => {
    if ((await readStatus(ledger, importId)) === "cancelled") {
      cancelled.abort(new Error(`Import ${importId} is cancelled.`));
    }
  };
  // While the ledger is away, nothing is known: the next look tells.
  const timer = setInterval(() => void look().catch(() => {}), LOOK_EVERY_MS);
  try {
    await work({ ...attempt, signal: AbortSignal.any([attempt.signal, cancelled.signal]) });
  } catch (thrown) {
    if (cancelled.signal.aborted) return;
    // What fails between two looks may fail because of it, too: no job of a cancelled import fails.
    await look().catch(() => {});
    if (!cancelled.signal.aborted) throw thrown;
  } finally {
    clearInterval(timer);
  }
}
