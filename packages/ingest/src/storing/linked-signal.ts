/** A signal that is aborted when one of those that it follows is. */
export interface EitherSignal {
  signal: AbortSignal;
  /** Node keeps what is followed for ever, unless it's let go. */
  letGo(): void;
}

/**
 * Follows signals by hand: one that AbortSignal.any makes goes through those that it follows at each look, and each file
 * looks several times.
 */
export function follow(...signals: readonly AbortSignal[]): EitherSignal {
  const either = new AbortController();
  const abort = ({ target }: Event) => either.abort((target as AbortSignal).reason);
  for (const signal of signals) {
    if (signal.aborted) either.abort(signal.reason);
    signal.addEventListener("abort", abort);
  }
  return {
    signal: either.signal,
    letGo() {
      for (const signal of signals) signal.removeEventListener("abort", abort);
    },
  };
}
