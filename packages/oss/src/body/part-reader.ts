import { ExhibitError } from "@exhibit/contracts";
import type { FileBody, Piece } from "../object-store.ts";
import { type Content, contentOf, readPiece } from "./content.ts";
import { crc64Combine } from "./crc64-combine.ts";

const MiB = 1024 * 1024;
/** "1-10,000 parts, each 100 KB - 5 GB; the last may be smaller" (PROTOCOLS.md 5.1). */
const MAX_PARTS = 10_000;
const MIN_PART_SIZE = 100 * 1024;
/** A part is read into one piece of memory: more than this, which OSS would take, no call reads. */
const MAX_PART_SIZE = 2 ** 31 - 1;
/** Bytes: some 21 TB. */
const MAX_SIZE = MAX_PARTS * MAX_PART_SIZE;
/** Files of more than 60 GB need bigger parts; fewer of them are then held at a time. */
const BUFFER_BUDGET = 256 * MiB;

export interface PartPlan {
  partSize: number;
  parallel: number;
}

/** Why a file of so many bytes can't be sent: SOURCE_TOO_LARGE; undefined when it can. */
export function tooLarge(size: number): ExhibitError | undefined {
  if (size <= MAX_SIZE) return undefined;
  return new ExhibitError(
    "SOURCE_TOO_LARGE",
    `The file has ${size} bytes; at most ${MAX_SIZE} can be sent as one object.`,
    { details: { size, largest: MAX_SIZE } },
  );
}

/** Throws SOURCE_TOO_LARGE. */
export function planParts(size: number, wanted: PartPlan): PartPlan {
  const refusal = tooLarge(size);
  if (refusal) throw refusal;
  const partSize = Math.max(wanted.partSize, MIN_PART_SIZE, Math.ceil(size / MAX_PARTS));
  const held = Math.max(1, Math.floor(BUFFER_BUDGET / partSize));
  return { partSize, parallel: Math.min(wanted.parallel, held) };
}

/** A piece of a file that goes to OSS by one request. */
export interface Part extends Piece {
  /** From 1 on. */
  readonly number: number;
  /** What the whole file is, with its last part. */
  readonly content: Content | undefined;
}

/** Reads a file in parts, from its beginning and in order; an empty one has an empty part. Several takers may pull from it: each holds one part, and releases it. */
export async function* readParts(
  body: FileBody,
  partSize: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Part, void, undefined> {
  await body.rewind();
  let crc64 = 0n;
  let end = 0;
  for (let number = 1; number === 1 || end < body.size; number++) {
    const length = Math.min(partSize, body.size - end);
    end += length;
    const piece = await readPiece(body, length, signal);
    crc64 = crc64Combine(crc64, piece.crc64, length);
    const content = end === body.size ? contentOf(body, crc64, piece) : undefined;
    yield { ...piece, number, content };
  }
}

/** Bytes that are read at a time of a file that isn't sent in parts. */
const STRIDE = 1024 * 1024;

/** Reads a whole file and forgets it. */
export async function readOnly(body: FileBody, signal: AbortSignal | undefined): Promise<Content> {
  for await (const { content, release } of readParts(body, STRIDE, signal)) {
    release();
    if (content) return content;
  }
  throw new ExhibitError("INTERNAL", "A file has no end.");
}

/** A whole file, a chunk at a time: copies, as they may wait in a connection. `onEnd` is told what it was before the last one. */
export async function* chunksOf(
  body: FileBody,
  signal: AbortSignal | undefined,
  onEnd: (content: Content) => void,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const { bytes, content, release } of readParts(body, STRIDE, signal)) {
    const chunk = Buffer.from(bytes);
    release();
    if (content) onEnd(content);
    yield chunk;
  }
}
