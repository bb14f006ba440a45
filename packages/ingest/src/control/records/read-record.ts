import { type Ledger, type Read, recordReads } from "@exhibit/ledger";

/**
 * Puts on record that somebody reads a list of evidence, once an hour for each principal, list and
 * subject. Resolves when it is on record, so that nothing is shown before. Throws what the ledger
 * throws; then it isn't on record, and the next read tries again.
 */
export type ReadRecord = (read: Read) => Promise<void>;

const HOUR = 3_600_000;

/** Reads that a process remembers: beyond it, the ledger is asked once more, which changes nothing. */
const MAX_REMEMBERED = 10_000;

/** Reads that are recorded together. */
interface Batch {
  readonly reads: (Read & { readonly hour: Date })[];
  readonly done: Promise<void>;
}

export function createReadRecord(
  ledger: Ledger,
  { now = Date.now }: { readonly now?: () => number } = {},
): ReadRecord {
  /** What was read in this hour, each with what it waits for. */
  const recorded = new Map<string, Promise<void>>();
  let hour = 0;
  let gathering: Batch | undefined;
  let underWay: Promise<unknown> = Promise.resolve();

  /** Returns the batch that is written next: while one is on its way, reads gather in another. */
  function nextBatch(): Batch {
    if (gathering !== undefined) return gathering;
    const reads: Batch["reads"] = [];
    const done = underWay.then(() => {
      gathering = undefined;
      return recordReads(ledger, reads);
    });
    underWay = done.catch(() => {});
    gathering = { reads, done };
    return gathering;
  }

  return async (read) => {
    const thisHour = now() - (now() % HOUR);
    if (thisHour !== hour || recorded.size >= MAX_REMEMBERED) recorded.clear();
    hour = thisHour;
    const name = JSON.stringify([read.who, read.what, read.subject]);
    const known = recorded.get(name);
    if (known !== undefined) return await known;
    const { reads, done } = nextBatch();
    reads.push({ ...read, hour: new Date(hour) });
    recorded.set(name, done);
    try {
      await done;
    } catch (thrown) {
      if (recorded.get(name) === done) recorded.delete(name);
      throw thrown;
    }
  };
}
