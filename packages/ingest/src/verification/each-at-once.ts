import { setTimeout as sleep } from "node:timers/promises";

/**
 * Does work for each item, so many at once, and at most `rate` a second. Resolves when all is done;
 * throws what the first failure threw, and begins nothing more.
 */
export async function eachAtOnce<Item>(
  items: Iterable<Item>,
  { atOnce, rate, signal }: { atOnce: number; rate: number | null; signal: AbortSignal },
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  let nextAt = performance.now();
  let hasFailed = false;
  const turn = async () => {
    if (rate === null) return;
    const wait = nextAt - performance.now();
    nextAt = Math.max(nextAt, performance.now()) + 1000 / rate;
    if (wait > 0) await sleep(wait, undefined, { signal });
  };
  const worker = async () => {
    for (let next = rest.next(); !next.done && !hasFailed; next = rest.next()) {
      try {
        await turn();
        await work(next.value);
      } catch (thrown) {
        hasFailed = true;
        throw thrown;
      }
    }
  };
  const done = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  for (const each of done) if (each.status === "rejected") throw each.reason;
}
