import { readThrough } from "./content.ts";
import type { Digester } from "./digests.ts";
import type { FileBody } from "./object-store.ts";

const MiB = 1024 * 1024;
/** "1-10,000 parts, each 100 KB - 5 GB; the last may be smaller" (PROTOCOLS.md 5.1). */
const MAX_PARTS = 10_000;
const MIN_PART_SIZE = 100 * 1024;
/** Files of more than 80 GB need bigger parts; fewer of them are then held at a time. */
const BUFFER_BUDGET = 256 * MiB;

export interface PartPlan {
  partSize: number;
  parallel: number;
}

export function planParts(size: number, wanted: PartPlan): PartPlan {
  const partSize = Math.max(wanted.partSize, MIN_PART_SIZE, Math.ceil(size / MAX_PARTS));
  const held = Math.max(1, Math.floor(BUFFER_BUDGET / partSize));
  return { partSize, parallel: Math.min(wanted.parallel, held) };
}

export interface Part {
  /** From 1 on. */
  number: number;
  bytes: Buffer;
  crc64: bigint;
  /** Gives the buffer back; `bytes` must not be used after it. */
  release(): void;
}

/**
 * Reads a file in parts, once and in order. Several takers may pull from it: each holds one part, so there are as many
 * buffers as takers, and one that leaves early ends the reading for all.
 */
export async function* readParts(
  body: FileBody,
  partSize: number,
  digester: Digester,
  signal: AbortSignal,
): AsyncGenerator<Part, void, undefined> {
  const free: Buffer[] = [];
  for (let start = 0; start < body.size; start += partSize) {
    const end = Math.min(start + partSize, body.size);
    const buffer = free.pop() ?? Buffer.allocUnsafeSlow(partSize);
    const take = (chunk: Buffer, offset: number) => buffer.set(chunk, offset);
    await readThrough(body, { start, end }, digester, { signal, take });
    yield {
      number: start / partSize + 1,
      bytes: buffer.subarray(0, end - start),
      crc64: digester.cut(),
      release: () => free.push(buffer),
    };
  }
}
