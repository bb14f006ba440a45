import { pipeline, Readable } from "node:stream";
import { promisify } from "node:util";
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from "node:zlib";
import type { onSendAsyncHookHandler } from "fastify";
import { type Coding, codingOf } from "./accept-encoding.ts";

/**
 * Bytes of the smallest answer that is compressed. A shorter one fits into three packets anyway, and
 * the views that many clients ask for again and again are shorter.
 */
const MIN_COMPRESSED_BYTES = 4 * 1024;

/**
 * Answers that are compressed at once: each takes one of Node's four threads, which also read files and
 * look up names. Those beyond are sent as they are, so that no answer waits for another.
 */
const MAX_COMPRESSED_AT_ONCE = 2;

/** Exports that are compressed at once: each keeps up to 1 MiB for as long as its client reads. */
const MAX_COMPRESSED_STREAMS = 20;

/** What may be compressed. Events aren't: a client reads each by itself, and most are small. */
const COMPRESSIBLE = /^(?:application\/(?:json|x-ndjson)|text\/csv)\b/;

/** The fastest levels: the next ones take up to three times as long and save a few hundredths. */
const gzipOptions = { level: constants.Z_BEST_SPEED };
const brotliOptions = {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 1,
    // 256 KiB to look back into, in place of 4 MiB, because it is kept for each stream.
    [constants.BROTLI_PARAM_LGWIN]: 18,
  },
};

const compress: Record<Coding, (body: string) => Promise<Buffer>> = {
  br: (body) => promisify(brotliCompress)(body, brotliOptions),
  gzip: (body) => promisify(gzip)(body, gzipOptions),
};

/** Each page of an export goes out when it is read, and not when a buffer is full. */
const compressor = {
  br: () => createBrotliCompress({ ...brotliOptions, flush: constants.BROTLI_OPERATION_FLUSH }),
  gzip: () => createGzip({ ...gzipOptions, flush: constants.Z_SYNC_FLUSH }),
} satisfies Record<Coding, () => unknown>;

/**
 * Returns the hook that compresses the answers of a read for clients that ask for it. It stands behind
 * the one that tags them: a tag is a weak one and stands for all forms of an answer.
 */
export function createCompression(): onSendAsyncHookHandler {
  let underWay = 0;
  let streams = 0;
  return async (request, reply, payload) => {
    const others = reply.getHeader("vary");
    reply.header("vary", [...(others === undefined ? [] : [others]), "accept-encoding"].join(", "));
    if (reply.statusCode !== 200) return payload;
    if (!COMPRESSIBLE.test(String(reply.getHeader("content-type")))) return payload;
    const coding = codingOf(request.headers["accept-encoding"]);
    if (coding === undefined) return payload;
    if (payload instanceof Readable) {
      if (streams >= MAX_COMPRESSED_STREAMS) return payload;
      streams += 1;
      reply.header("content-encoding", coding);
      // A fault ends both, and Fastify sees it at the one that it sends.
      return pipeline(payload, compressor[coding](), () => {
        streams -= 1;
      });
    }
    if (typeof payload !== "string" || Buffer.byteLength(payload) < MIN_COMPRESSED_BYTES) {
      return payload;
    }
    if (underWay >= MAX_COMPRESSED_AT_ONCE) return payload;
    underWay += 1;
    try {
      const compressed = await compress[coding](payload);
      reply.header("content-encoding", coding);
      return compressed;
    } finally {
      underWay -= 1;
    }
  };
}
