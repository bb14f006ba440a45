import type { IncomingHttpHeaders } from "node:http";
import { ExhibitError } from "@exhibit/contracts";
import type { Target } from "../api/object-calls.ts";
import type { Sender } from "../api/sender.ts";
import { isUncertain } from "../api/store-error.ts";
import { storedBytesOf, timeOf } from "../api/stored-bytes.ts";
import type { BodySink } from "../http/body-sink.ts";
import type { ObjectFacts, ReadRequest } from "../object-reading.ts";

/** Bytes. A connection that brought as many before it broke is continued without counting it as a failure. */
const PROGRESS = 8 * 1024 * 1024;

/** An object that is being read, over as many requests as it takes. */
export interface Download {
  /** Goes on where the last request ended. */
  run(target: Target): Promise<void>;
  /** Undefined until OSS has begun to send. */
  readonly facts: ObjectFacts | undefined;
  /** Bytes that came. */
  readonly read: number;
}

export function createDownload(
  sender: Sender,
  { versionId, digester, take }: Pick<ReadRequest, "versionId" | "digester" | "take">,
  now: () => number,
): Download {
  let facts: ObjectFacts | undefined;
  let read = 0;

  const sinkOf = (target: Target): BodySink => ({
    begin(head) {
      checkHead(head, target, read);
      facts ??= factsOf(head.headers, now);
    },
    take(piece) {
      digester.update(piece);
      read += piece.length;
      return take?.(piece);
    },
  });

  async function request(target: Target): Promise<void> {
    if (facts !== undefined && read === facts.size) return;
    await sender.send({
      ...target,
      operation: "GetObject",
      method: "GET",
      ...(versionId !== undefined && { query: { versionId } }),
      headers: rangeFrom(read, facts?.etag),
      sink: sinkOf(target),
      isCounted: true,
    });
  }

  return {
    async run(target) {
      for (;;) {
        const before = read;
        try {
          return await request(target);
        } catch (error) {
          if (!isUncertain(error) || read - before < PROGRESS) throw error;
        }
      }
    },
    get facts() {
      return facts;
    },
    get read() {
      return read;
    },
  };
}

/** Only the same object may be continued. OSS answers with 412 when it is another one. */
function rangeFrom(read: number, etag: string | undefined): Record<string, string> {
  if (read === 0) return {};
  return { range: `bytes=${read}-`, ...(etag !== undefined && { "if-match": etag }) };
}

function factsOf(headers: IncomingHttpHeaders, now: () => number): ObjectFacts {
  const stored = storedBytesOf({ status: 200, headers, body: Buffer.alloc(0) }, now);
  const lastModified = timeOf(headers["last-modified"]) ?? new Date(0);
  return { ...stored, size: Number(headers["content-length"]), lastModified };
}

/** Throws for a success that isn't OSS's, isn't the object, or isn't what was left of it. */
function checkHead(
  { status, headers }: Parameters<BodySink["begin"]>[0],
  { key, lease }: Target,
  read: number,
): void {
  const isWhole = read === 0 && status === 200 && headers["content-length"] !== undefined;
  const isRest =
    read > 0 && status === 206 && headers["content-range"]?.startsWith(`bytes ${read}-`) === true;
  if (headers["x-oss-request-id"] !== undefined && (isWhole || isRest)) return;
  throw new ExhibitError(
    "STORE_UNAVAILABLE",
    `GetObject of ${JSON.stringify(key)} in bucket ${lease.bucket.name} got a response with status ${status} that isn't the object, or isn't OSS's.`,
    { details: { operation: "GetObject", bucket: lease.bucket.name, key, lease_id: lease.id } },
  );
}
