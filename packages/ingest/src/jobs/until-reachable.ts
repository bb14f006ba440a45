import { setTimeout as sleep } from "node:timers/promises";
import { ExhibitError } from "@exhibit/contracts";

/** Milliseconds between two attempts: the first pause, doubled each time up to the longest. */
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 4000;

/**
 * Repeats work on the ledger until the ledger can be reached. The work must be harmless to repeat,
 * because its answer may be lost. After the signal aborts it is tried at most once more; then
 * SERVICE_UNREACHABLE is thrown.
 *
 * @param onAway called after every attempt that didn't reach the ledger
 */
export async function untilReachable<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onAway?: () => void,
): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
    try {
      return await work();
    } catch (thrown) {
      if (!isUnreachable(thrown) || signal.aborted) throw thrown;
    }
    onAway?.();
    await sleep(pause, undefined, { signal }).catch(() => {});
  }
}

/** Whether an error says that the ledger can't be reached, and so nothing about the files. */
export function isUnreachable(thrown: unknown): boolean {
  return thrown instanceof ExhibitError && thrown.code === "SERVICE_UNREACHABLE";
}
