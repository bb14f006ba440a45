import { createHash } from "node:crypto";
import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ExhibitError } from "@exhibit/contracts";
import { type BagFile, bagFiles, entriesOf, type TarEntry, tarOf } from "@exhibit/custody";

/** Where the files of a bag come from; it is closed when all are there. */
export interface PayloadSource extends Disposable {
  /** Yields a file's bytes, whatever they are. */
  bytesOf(file: BagFile): AsyncIterable<Uint8Array>;
  /** Returns the error for bytes that aren't those of the file's receipt. `how` goes on after a colon. */
  otherBytes(file: BagFile, how: string): ExhibitError;
}

/** What was added to a bag. */
export interface PayloadAdded {
  files: number;
  bytes: number;
}

/** Files that are copied at once: a disk answers several as fast as one, and OSS does more of them. */
const FILES_AT_ONCE = 8;

/**
 * Copies the files of a bag, each compared with its receipt while it is copied. Throws what the source
 * throws for one that has other bytes now, or can't be read.
 */
export async function copyPayload(bag: string, source: PayloadSource): Promise<PayloadAdded> {
  const added = { files: 0, bytes: 0 };
  await eachFile(bag, async (file) => {
    await copyFile(join(bag, file.path), file, source);
    added.files += 1;
    added.bytes += file.receipt.size;
  });
  return added;
}

/** Does something with each file of a bag, several at once. Throws the first error, and ends with it. */
export async function eachFile(bag: string, work: (file: BagFile) => Promise<void>): Promise<void> {
  const files = bagFiles(bag);
  // All take from the same list, so that each file is taken once. When one fails, the list ends.
  const take = async () => {
    try {
      for await (const file of { [Symbol.asyncIterator]: () => ({ next: () => files.next() }) })
        await work(file);
    } catch (thrown) {
      await files.return(undefined);
      throw thrown;
    }
  };
  const taken = await Promise.allSettled(Array.from({ length: FILES_AT_ONCE }, take));
  const failed = taken.find((each) => each.status === "rejected");
  if (failed) throw failed.reason;
}

/** Copies a file to a place that is free, compared with its receipt. */
export async function copyFile(place: string, file: BagFile, source: PayloadSource): Promise<void> {
  await mkdir(dirname(place), { recursive: true });
  await using copied = await open(place, "wx");
  for await (const part of checkedBytes(file, source)) await copied.writeFile(part);
}

/** Writes a bag's files, with its payload if there is a source of it, into a tar. */
export async function writeBagTar(
  bag: string,
  { to, name, source }: { to: string; name: string; source: PayloadSource | undefined },
): Promise<PayloadAdded> {
  const added = { files: 0, bytes: 0 };
  async function* entries(): AsyncGenerator<TarEntry> {
    yield* entriesOf(bag);
    if (source === undefined) return;
    for await (const file of bagFiles(bag)) {
      const { path, receipt } = file;
      yield { path, size: receipt.size, read: () => checkedBytes(file, source) };
      added.files += 1;
      added.bytes += receipt.size;
    }
  }
  await using file = await open(to, "wx");
  for await (const part of tarOf(name, entries(), new Date())) await file.writeFile(part);
  await file.sync();
  return added;
}

/** Yields a file's bytes, and throws behind the last if they aren't those of its receipt. */
async function* checkedBytes(file: BagFile, source: PayloadSource): AsyncGenerator<Uint8Array> {
  const { receipt, sha256 } = file;
  const hash = createHash("sha256");
  let size = 0;
  for await (const part of source.bytesOf(file)) {
    size += part.length;
    if (size > receipt.size)
      throw source.otherBytes(file, `it has more than ${receipt.size} bytes`);
    hash.update(part);
    yield part;
  }
  if (size !== receipt.size || hash.digest("hex") !== sha256)
    throw source.otherBytes(file, "it has other bytes than its receipt says");
}
