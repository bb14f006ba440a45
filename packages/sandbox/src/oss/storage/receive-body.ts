import { createHash, hash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { ossError } from "../protocol/oss-error.ts";
import type { OssRequest } from "../protocol/oss-request.ts";
import type { Crc64Pool } from "./crc64.ts";

/** A received body, whole in a file. */
export interface Received {
  file: string;
  /** Bytes. */
  size: number;
  md5: Buffer;
  /** CRC-64/XZ, an unsigned decimal number. */
  crc64: string;
}

/** PutObject and UploadPart accept at most 5 GB. */
const MAX_BODY_BYTES = 5 * 1024 ** 3;
/** Bodies up to this size are collected in memory and written at once, which is quicker. */
const SMALL_BYTES = 256 * 1024;
/** Larger bodies are written in pieces of about this size. */
const WRITE_BYTES = 1024 * 1024;

/** Returns the body's length. Throws `OssError` if the request doesn't say it, or if it is too large. */
function checkBodyLength(request: OssRequest): number {
  // OSS accepts chunked bodies; our client knows the length, so it must say it.
  if (request.contentLength === undefined) throw ossError("MissingContentLength");
  if (request.contentLength > MAX_BODY_BYTES) throw ossError("EntityTooLarge");
  return request.contentLength;
}

/**
 * Receives a body into a file and checks its Content-MD5. Memory doesn't grow with the body. Throws
 * `OssError`, or the connection's error if the client went away; the file is removed then.
 */
export async function receiveBody(
  request: OssRequest,
  file: string,
  crc64: Crc64Pool,
): Promise<Received> {
  const length = checkBodyLength(request);
  const chunks = request.body as AsyncIterable<Buffer>;
  const received =
    length <= SMALL_BYTES
      ? await receiveSmall(chunks, file, crc64)
      : await receiveLarge(chunks, file, crc64);
  const expected = request.headers["content-md5"];
  if (expected !== undefined && expected !== received.md5.toString("base64")) {
    await rm(file, { force: true });
    throw ossError("InvalidDigest");
  }
  return received;
}

async function receiveSmall(
  body: AsyncIterable<Buffer>,
  file: string,
  pool: Crc64Pool,
): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const bytes = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
  const md5 = hash("md5", bytes, "buffer");
  // Two synchronous calls take less time than the scheduling of their asynchronous forms.
  writeFileSync(file, bytes);
  return { file, size: bytes.length, md5, crc64: pool.of([bytes]) };
}

async function receiveLarge(
  body: AsyncIterable<Buffer>,
  file: string,
  pool: Crc64Pool,
): Promise<Received> {
  const md5 = createHash("md5");
  const crc64 = await pool.start();
  const handle = await open(file, "w");
  let size = 0;
  try {
    for await (const pieces of gather(body)) {
      for (const piece of pieces) {
        md5.update(piece);
        crc64.update(piece);
        size += piece.length;
      }
      await handle.writev(pieces);
    }
    return { file, size, md5: md5.digest(), crc64: crc64.finish() };
  } catch (error) {
    crc64.discard();
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

async function* gather(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let pieces: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    pieces.push(chunk);
    size += chunk.length;
    if (size < WRITE_BYTES) continue;
    yield pieces;
    pieces = [];
    size = 0;
  }
  if (size > 0) yield pieces;
}
