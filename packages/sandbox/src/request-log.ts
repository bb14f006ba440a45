/** The requests that a server got, for tests: the latest entries, counters, and a way to wait for one. */
export interface RequestLog<Entry> {
  /** Returns the latest entries, oldest first; at most `limit` are kept. */
  entries(): Entry[];
  /**
   * Returns the entries after `position`, oldest first, for a reader that wants all of them: it
   * begins at 0 and continues at `next`. `missed` entries were no longer kept.
   */
  since(position: number): { entries: Entry[]; next: number; missed: number };
  /** Returns how often each name was seen since the start or the last `clear`. */
  counts(): Record<string, number>;
  /**
   * Resolves with the `count`-th entry (1 by default) that matches, counted from the start or the
   * last `clear`, as soon as there is one. Rejects with the signal's reason.
   */
  waitFor(
    matches: (entry: Entry) => boolean,
    options?: { count?: number; signal?: AbortSignal },
  ): Promise<Entry>;
  clear(): void;
}

export interface WritableRequestLog<Entry> extends RequestLog<Entry> {
  add(entry: Entry): void;
}

interface Waiter<Entry> {
  matches: (entry: Entry) => boolean;
  left: number;
  found: (entry: Entry) => void;
}

export function createRequestLog<Entry>(
  nameOf: (entry: Entry) => string,
  limit: number,
): WritableRequestLog<Entry> {
  let kept: Entry[] = [];
  /** The number of entries that were ever added. */
  let position = 0;
  const counters = new Map<string, number>();
  const waiters = new Set<Waiter<Entry>>();

  function tell(waiter: Waiter<Entry>, entry: Entry): void {
    if (!waiter.matches(entry) || --waiter.left > 0) return;
    waiters.delete(waiter);
    waiter.found(entry);
  }

  function wait(waiter: Waiter<Entry>, signal: AbortSignal | undefined): Promise<Entry> {
    const { promise, resolve, reject } = Promise.withResolvers<Entry>();
    const stop = () => {
      waiters.delete(waiter);
      reject(signal?.reason);
    };
    waiter.found = (entry) => {
      signal?.removeEventListener("abort", stop);
      resolve(entry);
    };
    waiters.add(waiter);
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    for (const entry of kept) if (waiters.has(waiter)) tell(waiter, entry);
    return promise;
  }

  return {
    add(entry) {
      kept.push(entry);
      position += 1;
      // Trimming at twice the limit makes the cost of an entry constant.
      if (kept.length >= limit * 2) kept = kept.slice(-limit);
      const name = nameOf(entry);
      counters.set(name, (counters.get(name) ?? 0) + 1);
      for (const waiter of waiters) tell(waiter, entry);
    },
    entries: () => kept.slice(-limit),
    since(from) {
      const count = Math.min(position - from, kept.length);
      return {
        entries: count > 0 ? kept.slice(-count) : [],
        next: position,
        missed: position - from - count,
      };
    },
    counts: () => Object.fromEntries(counters),
    waitFor: (matches, { count = 1, signal } = {}) =>
      wait({ matches, left: count, found: () => {} }, signal),
    clear() {
      kept = [];
      counters.clear();
    },
  };
}
