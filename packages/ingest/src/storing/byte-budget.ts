/** A FIFO semaphore over a fixed number of bytes of memory. */
export interface ByteBudget {
  /**
   * Returns a function that releases the bytes, at once or when `bytes` are free. A request beyond
   * the whole budget is granted when nothing else is held.
   */
  acquire(bytes: number): (() => void) | Promise<() => void>;
  /** Returns how many bytes are held now. */
  held(): number;
}

export function createByteBudget(total: number): ByteBudget {
  let free = total;
  const waiting: { bytes: number; start: (release: () => void) => void }[] = [];

  function startNext(): void {
    for (let next = waiting[0]; next && next.bytes <= free; next = waiting[0]) {
      waiting.shift();
      next.start(take(next.bytes));
    }
  }

  function take(bytes: number): () => void {
    free -= bytes;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      free += bytes;
      startNext();
    };
  }

  return {
    held: () => total - free,
    acquire(wanted) {
      const bytes = Math.min(wanted, total);
      if (waiting.length === 0 && bytes <= free) return take(bytes);
      return new Promise((start) => waiting.push({ bytes, start }));
    },
  };
}
