import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";

/**
 * What PGlite's own initdb makes, as a tar: making it anew takes more than three seconds of CPU and 1 GB of memory,
 * this a fifth of a second. It fits one version of PGlite: `node packages/ledger/src/database/make-embedded-image.ts` makes it after a change.
 */
export const embeddedImage = new URL("./embedded-image-pglite-0.5.16.tar.br", import.meta.url);

/** Puts a new database where nothing is. A folder with anything in it is left as it is; one that is half made never is there. */
export async function ensureDatabase(folder: string): Promise<void> {
  const found = await readdir(folder).catch(() => []);
  if (found.length > 0) return;
  const half = `${folder}.new`;
  await rm(half, { recursive: true, force: true });
  await unpack(await promisify(brotliDecompress)(await readFile(embeddedImage)), half);
  // An empty folder isn't replaced by every system.
  await rmdir(folder).catch(() => {});
  await rename(half, folder);
}

/** Bytes of a header, and what contents are filled up to. */
const BLOCK = 512;
/** Where a header has what we need of it: the first byte, and the one behind the last. */
const NAME = [0, 100] as const;
const SIZE = [124, 136] as const;
const KIND = 156;
const FOLDER = "5";

/** The tar of POSIX as PGlite writes it: files and folders with short names. */
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
