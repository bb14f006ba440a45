/** A signal that aborts as soon as one of those it is linked to does. */
export interface LinkedSignal {
  signal: AbortSignal;
  /** Must be called in the end: the other signals keep their listeners forever otherwise. */
  unlink(): void;
}

/**
 * Links a new signal to others by listeners. A signal made by `AbortSignal.any` checks all its
 * sources each time it is read, and every file reads it several times.
 */
export function linkSignals(...signals: readonly AbortSignal[]): LinkedSignal {
  const linked = new AbortController();
  const abort = ({ target }: Event) => linked.abort((target as AbortSignal).reason);
  for (const signal of signals) {
    if (signal.aborted) linked.abort(signal.reason);
    signal.addEventListener("abort", abort);
  }
  return {
    signal: linked.signal,
    unlink() {
      for (const signal of signals) signal.removeEventListener("abort", abort);
    },
  };
}
