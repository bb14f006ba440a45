/** Runs one piece of work in the background while the caller prepares the next. */
export interface OneInFlight {
  /**
   * Waits for the work begun before, then begins this one. Rejects as the earlier work did; nothing
   * is begun after that.
   */
  begin(work: () => Promise<void>): Promise<void>;
  /** Resolves when the work in flight is done, or rejects as it did. */
  end(): Promise<void>;
}

export function oneInFlight(): OneInFlight {
  let last: Promise<void> = Promise.resolve();
  return {
    async begin(work) {
      await last;
      last = work();
      last.catch(() => {}); // `begin` or `end` rejects with it
    },
    end: () => last,
  };
}
