import { setTimeout as sleep } from "node:timers/promises";
import { ExhibitError } from "@exhibit/contracts";

/** Milliseconds between two tries: doubled from the first to the longest. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4000;

/**
 * Does work on the ledger again and again until the ledger is reached. The work must be harmless to repeat, as an answer
 * may be lost. Once the signal aborts, it is tried once more at most, and then throws SERVICE_UNREACHABLE.
 */
export async function untilReachable<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onAway?: () => void,
): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (thrown) {
      if (!isUnreachable(thrown) || signal.aborted) throw thrown;
    }
    onAway?.();
    await sleep(pause, undefined, { signal }).catch(() => {});
  }
}

/** Whether an error says that the ledger is away, and nothing of the files. */
export function isUnreachable(thrown: unknown): boolean {
  return thrown instanceof ExhibitError && thrown.code === "SERVICE_UNREACHABLE";
}
