/** Hands out a fixed number of bytes of memory to those who wait for it, first come, first served. */
export interface ByteBudget {
  /** Resolves when `bytes` are free; the answer gives them back. More than the whole budget is granted alone. */
  acquire(bytes: number): Promise<() => void>;
}

export function createByteBudget(total: number): ByteBudget {
  let free = total;
  const waiting: { bytes: number; start: () => void }[] = [];

  function startNext(): void {
    for (let next = waiting[0]; next && next.bytes <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.bytes;
      next.start();
    }
  }

  return {
    async acquire(wanted) {
      const bytes = Math.min(wanted, total);
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ bytes, start: resolve });
      startNext();
      await promise;
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        free += bytes;
        startNext();
      };
    },
  };
}
