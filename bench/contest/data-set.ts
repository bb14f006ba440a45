import { randomFillSync } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCRC64 } from "hash-wasm";

/** Files to send, each named by its number, and what a sink must know about them. */
export interface DataSet {
  /** The folder with the files, and nothing else. */
  folder: string;
  /** Paths relative to the folder. */
  paths: string[];
  bytes: number;
  /** The path of a file with their digests, for the sink. */
  digests: string;
  remove(): Promise<void>;
}

export interface FileDigests {
  size: number;
  crc64: bigint;
  /** The CRC64 of each block of a large file, for its parts. */
  blocks: bigint[];
}

/** The contenders' parts are multiples of this size. */
export const BLOCK = 1024 * 1024;
const FILES_OF_FOLDER = 1000;
const WRITTEN_AT_ONCE = 64;

/** Writes files of these sizes to tmpfs if there is one, because the disk isn't what is measured. */
export async function makeDataSet(sizes: Iterable<number>): Promise<DataSet> {
  const base = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const root = await mkdtemp(join(base, "exhibit-bench-"));
  const folder = join(root, "files");
  const pool = Buffer.alloc(64 * BLOCK);
  randomFillSync(pool);
  const crc = await createCRC64();
  const lines: string[] = [];
  const paths: string[] = [];
  const writes: Promise<void>[] = [];
  let bytes = 0;
  const crcOf = (piece: Buffer) => BigInt(`0x${crc.init().update(piece).digest("hex")}`);
  for (const size of sizes) {
    const number = paths.length;
    const path = join(String(Math.floor(number / FILES_OF_FOLDER)), `${number}.bin`);
    if (number % FILES_OF_FOLDER === 0)
      await mkdir(join(folder, String(number / FILES_OF_FOLDER)), { recursive: true });
    const content = contentOf(pool, number, size);
    const blocks =
      size > BLOCK
        ? Array.from({ length: Math.ceil(size / BLOCK) }, (_, i) =>
            crcOf(content.subarray(i * BLOCK, (i + 1) * BLOCK)),
          )
        : [];
    lines.push([size, crcOf(content), ...blocks].join(" "));
    paths.push(path);
    bytes += size;
    writes.push(writeFile(join(folder, path), content));
    if (writes.length >= WRITTEN_AT_ONCE) await Promise.all(writes.splice(0));
  }
  await Promise.all(writes);
  const digests = join(root, "digests.txt");
  await writeFile(digests, lines.join("\n"));
  return {
    folder,
    paths,
    bytes,
    digests,
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Returns a piece of the pool, another one for each file; a file larger than the pool repeats it. */
function contentOf(pool: Buffer, number: number, size: number): Buffer {
  const start = (number * 4099) % BLOCK;
  if (start + size <= pool.length) return pool.subarray(start, start + size);
  return Buffer.alloc(size, pool.subarray(start));
}

export async function readDigests(path: string): Promise<FileDigests[]> {
  const text = await readFile(path, "utf8");
  return text.split("\n").map((line) => {
    const [size = "0", crc64 = "0", ...blocks] = line.split(" ");
    return { size: Number(size), crc64: BigInt(crc64), blocks: blocks.map(BigInt) };
  });
}
