import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ExhibitError } from "@exhibit/contracts";
import { type BagFile, bagFiles, entriesOf, type TarEntry, tarOf } from "@exhibit/custody";

/** What was added to a bag. */
export interface PayloadAdded {
  files: number;
  bytes: number;
}

/** Files that are copied at once: a disk answers several as fast as one. */
const FILES_AT_ONCE = 8;

/**
 * Copies the files of a bag from their source, each compared with its receipt while it is copied. Throws
 * SOURCE_CHANGED for one that has other bytes now, and the source's errors.
 */
export async function copyPayload(bag: string): Promise<PayloadAdded> {
  const added = { files: 0, bytes: 0 };
  const files = bagFiles(bag);
  // All take from the same list, so that each file is copied once. When one fails, the list ends.
  const copy = async () => {
    try {
      for await (const file of { [Symbol.asyncIterator]: () => ({ next: () => files.next() }) }) {
        await copyFile(bag, file);
        added.files += 1;
        added.bytes += file.receipt.size;
      }
    } catch (thrown) {
      await files.return(undefined);
      throw thrown;
    }
  };
  const copies = await Promise.allSettled(Array.from({ length: FILES_AT_ONCE }, copy));
  const failed = copies.find((each) => each.status === "rejected");
  if (failed) throw failed.reason;
  return added;
}

async function copyFile(bag: string, file: BagFile): Promise<void> {
  const place = join(bag, file.path);
  await mkdir(dirname(place), { recursive: true });
  await using copied = await open(place, "wx");
  for await (const part of sourceBytes(file)) await copied.writeFile(part);
}

/** Writes a bag's files, with its payload from the source if that is asked for, into a tar. */
export async function writeBagTar(
  bag: string,
  { to, name, withPayload }: { to: string; name: string; withPayload: boolean },
): Promise<PayloadAdded> {
  const added = { files: 0, bytes: 0 };
  async function* entries(): AsyncGenerator<TarEntry> {
    yield* entriesOf(bag);
    if (!withPayload) return;
    for await (const file of bagFiles(bag)) {
      const { path, receipt } = file;
      yield { path, size: receipt.size, read: () => sourceBytes(file) };
      added.files += 1;
      added.bytes += receipt.size;
    }
  }
  await using file = await open(to, "wx");
  for await (const part of tarOf(name, entries(), new Date())) await file.writeFile(part);
  await file.sync();
  return added;
}

/** Reads a file from its source, and throws behind its last byte if they aren't those of its receipt. */
async function* sourceBytes({ receipt, sha256 }: BagFile): AsyncGenerator<Uint8Array> {
  const path = sourcePath(receipt);
  const shown = `${receipt.source}/${receipt.path}`;
  const hash = createHash("sha256");
  let size = 0;
  try {
    // A pipe that has taken the file's place would never end.
    if (!(await lstat(path)).isFile()) throw changed(shown, "it isn't a file any more");
    for await (const part of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      size += part.length;
      if (size > receipt.size) throw changed(shown, `it has more than ${receipt.size} bytes`);
      hash.update(part);
      yield part;
    }
  } catch (cause) {
    throw cause instanceof ExhibitError ? cause : unreadable(shown, cause as NodeJS.ErrnoException);
  }
  if (size !== receipt.size || hash.digest("hex") !== sha256)
    throw changed(shown, "it has other bytes than its receipt says");
}

/** Returns where a file lies, as bytes if names in its path aren't UTF-8. */
function sourcePath({ source, path, raw_path }: BagFile["receipt"]): string | Buffer {
  if (raw_path === undefined) return join(source, path);
  const parts = raw_path.split(/(\\x[0-9a-f]{2}|\\\\)/);
  return Buffer.concat([
    Buffer.from(`${source}/`),
    ...parts.map((part) => {
      if (part === "\\\\") return Buffer.from("\\");
      const [, hex] = /^\\x([0-9a-f]{2})$/.exec(part) ?? [];
      return hex === undefined ? Buffer.from(part) : Buffer.from(hex, "hex");
    }),
  ]);
}

function changed(path: string, how: string): ExhibitError {
  return new ExhibitError(
    "SOURCE_CHANGED",
    `No bag was made: ${path} isn't what was stored: ${how}.`,
  );
}

function unreadable(path: string, cause: NodeJS.ErrnoException): ExhibitError {
  const code = cause.code === "ENOENT" ? "SOURCE_NOT_FOUND" : "SOURCE_UNREADABLE";
  return new ExhibitError(
    code,
    `No bag was made: ${path} can't be read here (${cause.code}). Run it where the source is, or with --payload none.`,
    { cause },
  );
}
