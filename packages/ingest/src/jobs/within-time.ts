/**
 * Does work with a signal that aborts with `signal`, or after so many milliseconds with `late`. Throws
 * what the work throws, and at once where `signal` has aborted.
 */
export async function withinTime<Result>(
  { milliseconds, late, signal }: { milliseconds: number; late: Error; signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(late), milliseconds);
  const stop = () => limit.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
