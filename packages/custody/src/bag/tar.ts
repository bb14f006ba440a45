import { createReadStream } from "node:fs";
import { mkdir, open, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ExhibitError } from "@exhibit/contracts";
import type { Pack } from "tar-stream";
import { isInside } from "./names.ts";
import { entriesBelow } from "./payload.ts";

/** A file that goes into a tar. */
export interface TarEntry {
  /** Below the one folder that the tar has. */
  path: string;
  /** In bytes. */
  size: number;
  read(): AsyncIterable<Uint8Array>;
}

/** The file that a bag begins with. */
const FIRST = "bagit.txt";

/** Returns what lies in a bag's folder, as entries of a tar, with the file first that says that it is a bag. */
export async function* entriesOf(bag: string): AsyncGenerator<TarEntry> {
  yield await entryOf(bag, FIRST);
  for await (const { path, isFile } of entriesBelow(bag, "")) {
    if (isFile && path !== FIRST) yield await entryOf(bag, path);
  }
}

async function entryOf(bag: string, path: string): Promise<TarEntry> {
  const place = join(bag, path);
  const { size } = await stat(place);
  return { path, size, read: () => createReadStream(place) };
}

/**
 * Returns a tar with one folder, in the format of pax, which takes names of any length and files of any
 * size. It is made while it is read. What an entry's reader throws ends it.
 *
 * @param at the time that all files in it have
 */
export async function* tarOf(
  folder: string,
  entries: AsyncIterable<TarEntry>,
  at: Date,
): AsyncGenerator<Uint8Array> {
  // Loaded when the first bag is packed: most processes never do.
  const { pack } = await import("tar-stream");
  const tar = pack();
  // What fails in it is thrown to whoever reads the tar.
  const filled = fill(tar, entries, { folder, at }).catch((thrown: Error) => tar.destroy(thrown));
  try {
    for await (const part of tar) yield part as Uint8Array;
  } finally {
    tar.destroy();
    await filled;
  }
}

async function fill(
  tar: Pack,
  entries: AsyncIterable<TarEntry>,
  { folder, at }: { folder: string; at: Date },
): Promise<void> {
  for await (const { path, size, read } of entries) {
    const header = { name: `${folder}/${path}`, size, mtime: at, mode: 0o644 };
    await pipeline(Readable.from(read(), { objectMode: false }), tar.entry(header));
  }
  tar.finalize();
}

/**
 * Writes the files of a tar into a folder, without the one folder that they lie in. Throws SEAL_BROKEN
 * for a tar that holds anything but new files below it.
 */
export async function unpackTar(bytes: AsyncIterable<Uint8Array>, into: string): Promise<void> {
  const { extract } = await import("tar-stream");
  const tar = extract();
  const fed = pipeline(Readable.from(bytes, { objectMode: false }), tar);
  const read = (async () => {
    for await (const entry of tar) {
      const { name, type } = entry.header;
      const path = name.slice(name.indexOf("/") + 1);
      if (type !== "file" || !isInside(path)) throw strange(name);
      await mkdir(dirname(join(into, path)), { recursive: true });
      await using file = await open(join(into, path), "wx");
      for await (const part of entry) await file.writeFile(part as Uint8Array);
    }
  })();
  await Promise.all([fed, read]);
}

function strange(name: string): ExhibitError {
  return new ExhibitError("SEAL_BROKEN", `The tar has ${JSON.stringify(name)}, which no bag has.`);
}
