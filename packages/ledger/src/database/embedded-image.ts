import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";

/**
 * A tar of what PGlite's own initdb creates. Creating that takes more than three seconds of CPU and
 * 1 GB of memory, unpacking this a fifth of a second. It fits one version of PGlite: after an
 * upgrade, `node packages/ledger/src/database/make-embedded-image.ts` makes it anew.
 */
export const embeddedImage = new URL("./embedded-image-pglite-0.5.16.tar.br", import.meta.url);

/**
 * Unpacks a new database into a folder that is empty or missing. A folder that holds anything is
 * left as it is. The folder never exists half filled.
 */
export async function ensureDatabase(folder: string): Promise<void> {
  const found = await readdir(folder).catch(() => []);
  if (found.length > 0) return;
  const half = `${folder}.new`;
  await rm(half, { recursive: true, force: true });
  await unpack(await promisify(brotliDecompress)(await readFile(embeddedImage)), half);
  // Not every system replaces an empty folder.
  await rmdir(folder).catch(() => {});
  await rename(half, folder);
}

/** Bytes of a header; contents are padded to a multiple of it. */
const BLOCK = 512;
/** Where a header keeps what is needed of it: the first byte, and the one after the last. */
const NAME = [0, 100] as const;
const SIZE = [124, 136] as const;
const KIND = 156;
const FOLDER = "5";

/** Unpacks a POSIX tar as PGlite writes it: files and folders with short names. */
async function unpack(tar: Buffer, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let at = 0; tar[at]; ) {
    const text = (from: number, to: number) =>
      tar.toString("utf8", at + from, at + to).split("\0")[0] ?? "";
    const path = join(folder, text(...NAME));
    const size = Number.parseInt(text(...SIZE), 8) || 0;
    const start = at + BLOCK;
    if (text(KIND, KIND + 1) === FOLDER) await mkdir(path, { recursive: true });
    else {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, tar.subarray(start, start + size));
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
}
