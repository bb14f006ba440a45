import type { Hash } from "node:crypto";
import { ExhibitError, type FileBody, type Piece } from "@exhibit/contracts";
import { type Content, contentOf, readPiece } from "./content.ts";
import { crc64Combine } from "./crc64-combine.ts";

/** A piece of a file that goes to OSS by one request. */
export interface Part extends Piece {
  /** Counted from 1. */
  readonly number: number;
  /** What the whole file is; only the last part has it. */
  readonly content: Content | undefined;
}

/**
 * Reads a file in parts, from its beginning and in order; an empty file has one empty part. Several
 * consumers may pull from it: each holds one part at a time, and releases it. Throws SOURCE_* and
 * INTERRUPTED.
 */
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

/**
 * Reads a whole file and keeps nothing but its digests, and one more if it is asked for. Throws
 * SOURCE_* and INTERRUPTED.
 */
export async function readContent(
  body: FileBody,
  signal: AbortSignal | undefined,
  another?: Hash,
): Promise<Content> {
  for await (const { bytes, content, release } of readParts(body, STRIDE, signal)) {
    another?.update(bytes);
    release();
    if (content) return content;
  }
  throw new ExhibitError("INTERNAL", "A file has no end.");
}

/**
 * Reads a whole file in chunks. They are copies, because they may wait in a connection. `onEnd` is
 * told what the file was before the last chunk is yielded. Throws SOURCE_* and INTERRUPTED.
 */
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
