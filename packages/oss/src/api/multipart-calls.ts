import { ExhibitError } from "@exhibit/contracts";
import type OSS from "ali-oss";
import type { ObjectHeaders } from "../metadata/object-headers.ts";
import type { Query } from "../signing/encoding.ts";
import type { Clock } from "./clock-offsets.ts";
import { forbidOverwrite, type Stored, storedOf, type Target } from "./object-calls.ts";
import type { ObjectRequest, Sender } from "./sender.ts";
import { type Answer, toStoreError } from "./store-error.ts";

export interface UploadedPart {
  /** From 1 on. */
  number: number;
  etag: string;
}

/** A part as OSS lists it. */
interface ListedPart extends UploadedPart {
  /** Undefined when OSS didn't tell. */
  crc64: bigint | undefined;
}

/** The requests that begin, list and end a multipart upload. */
export interface Control {
  /** The new upload's id, and when it began by OSS's clock. The headers are those of the object that it becomes. */
  initiate(
    target: Target,
    headers: ObjectHeaders,
    overwrite: boolean,
  ): Promise<{ uploadId: string; beganAt: Date }>;
  /** All parts that OSS has. */
  listParts(target: Target, uploadId: string): Promise<ListedPart[]>;
  complete(
    target: Target,
    uploadId: string,
    parts: UploadedPart[],
    overwrite: boolean,
  ): Promise<Stored>;
  abort(target: Target, uploadId: string): Promise<void>;
}

/** What ali-oss hands to the HTTP client that it is given as its `urllib` option. */
interface AliRequest {
  method: string;
  headers: Record<string, string | number>;
  content?: string;
}

/**
 * ali-oss signs, writes and reads these requests; our own transport carries them. So they can be aborted, share our
 * connections, and their answers' headers (CRC64, request id, Date, the asked-for delay) aren't lost: ali-oss keeps none
 * of them on an error. A client lives for one call, because ali-oss keeps its state (credentials, cancel flag) on it.
 */
export function createControl(sender: Sender, clock: Clock, now: () => number): Control {
  async function call<T>(
    about: CallOfAli,
    run: (client: OSS) => Promise<T>,
  ): Promise<{ value: T; answer: Answer }> {
    const { default: AliOss } = await import("ali-oss");
    const wire = wireOf(sender, about);
    try {
      const client = new AliOss(optionsOf(about, clock, wire) as OSS.Options);
      const value = await run(client);
      if (wire.answer === undefined) throw new Error("ali-oss sent nothing");
      return { value, answer: wire.answer };
    } catch (thrown) {
      // ali-oss wraps what our transport threw; what it throws itself may hold the request, so it is no cause.
      throw wire.failure ?? toStoreError({ thrown: new Error(reasonOf(thrown)) }, about);
    }
  }

  return {
    async initiate(target, given, overwrite) {
      const { "content-type": type = "", ...headers } = given;
      const options = { mime: type, headers: { ...headers, ...forbidOverwrite(overwrite) } };
      const about = {
        ...target,
        operation: "InitiateMultipartUpload",
        query: { uploads: "" },
        root: "InitiateMultipartUploadResult",
      };
      const { value, answer } = await call(about, (client) =>
        client.initMultipartUpload(target.key, options),
      );
      const { answeredAt: beganAt } = storedOf(answer, now);
      if (value.uploadId) return { uploadId: value.uploadId, beganAt };
      throw new ExhibitError(
        "STORE_UNAVAILABLE",
        "OSS's answer to InitiateMultipartUpload names no upload.",
      );
    },
    async listParts(target, uploadId) {
      const listed: ListedPart[] = [];
      for (;;) {
        const query = partsAfter(listed.at(-1));
        const about = {
          ...target,
          operation: "ListParts",
          query: { ...query, uploadId },
          root: "ListPartsResult",
        };
        const { value } = await call(about, (client) =>
          // ali-oss's types leave the encoding out, and take texts for numbers.
          client.listParts(target.key, uploadId, query as unknown as OSS.ListPartsQuery),
        );
        const { isTruncated, parts } = value as unknown as PartsPage;
        const page = [parts].flat().map(listedPart);
        listed.push(...page);
        if (isTruncated !== "true" || page.length === 0) return listed;
      }
    },
    async complete(target, uploadId, parts, overwrite) {
      const numbered = parts.map(({ number, etag }) => ({ number, etag }));
      // ali-oss's types leave the headers out; its code takes them.
      const options = { headers: forbidOverwrite(overwrite) } as OSS.CompleteMultipartUploadOptions;
      const about = {
        ...target,
        operation: "CompleteMultipartUpload",
        query: { uploadId },
        root: "CompleteMultipartUploadResult",
      };
      const { answer } = await call(about, (client) =>
        client.completeMultipartUpload(target.key, uploadId, numbered, options),
      );
      return storedOf(answer, now);
    },
    async abort(target, uploadId) {
      const about = { ...target, operation: "AbortMultipartUpload", query: { uploadId } };
      await call(about, (client) => client.abortMultipartUpload(target.key, uploadId));
    },
  };
}

const PARTS_OF_A_PAGE = "1000";

/** URL encoding, because XML can't hold every key. */
function partsAfter(last: ListedPart | undefined): Query {
  return {
    "encoding-type": "url",
    "max-parts": PARTS_OF_A_PAGE,
    ...(last && { "part-number-marker": String(last.number) }),
  };
}

/** As ali-oss reads it from the XML: texts, and a lone part without a list around it. */
interface PartsPage {
  isTruncated: string;
  parts: PartOfPage | PartOfPage[];
}

interface PartOfPage {
  PartNumber: string;
  ETag: string;
  HashCrc64ecma?: string;
}

function listedPart({ PartNumber, ETag, HashCrc64ecma }: PartOfPage): ListedPart {
  const crc64 = /^\d{1,20}$/.test(HashCrc64ecma ?? "") ? BigInt(HashCrc64ecma ?? 0) : undefined;
  return { number: Number(PartNumber), etag: ETag, crc64 };
}

type CallOfAli = Target & { operation: string; query: Query; root?: string };

interface Wire {
  answer?: Answer;
  failure?: unknown;
  request(url: string, params: AliRequest): Promise<unknown>;
}

/** The HTTP client that ali-oss calls: our transport, which remembers what came. */
function wireOf(sender: Sender, about: CallOfAli): Wire {
  const wire: Wire = {
    async request(_url, params) {
      try {
        wire.answer = await sender.sendSigned(toRequest(about, params));
      } catch (error) {
        wire.failure = error;
        throw error;
      }
      const { status, headers, body } = wire.answer;
      return { status, headers, data: body, res: { status, headers } };
    },
  };
  return wire;
}

/** For an IP endpoint ali-oss makes up a Host header, and its own URL has no bucket: addressing.ts decides both. */
function toRequest(
  about: CallOfAli,
  { method, headers, content }: AliRequest,
): ObjectRequest & { headers: Record<string, string> } {
  const kept = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
    .filter(([name]) => name !== "host" && name !== "content-length");
  const bytes = Buffer.from(content ?? "");
  // DELETE has no body; a POST without one has to say so.
  const body = method === "DELETE" ? {} : { body: { length: bytes.length, chunks: [bytes] } };
  return { ...about, method, headers: Object.fromEntries(kept), ...body };
}

function optionsOf({ lease }: Target & { operation: string }, clock: Clock, wire: Wire) {
  const { bucket, credentials } = lease;
  return {
    accessKeyId: credentials.accessKeyId,
    accessKeySecret: credentials.accessKeySecret,
    stsToken: credentials.securityToken,
    // Only to keep it from printing a warning; without `refreshSTSToken` it refreshes nothing.
    refreshSTSTokenInterval: 300_000,
    bucket: bucket.name,
    endpoint: bucket.endpoint,
    // Without it V4 signs for cn-hangzhou, whatever the endpoint.
    region: bucket.region,
    authorizationV4: bucket.signatureVersion === "v4",
    sldEnable: bucket.pathStyle,
    retryMax: 0,
    amendTimeSkewed: clock.now(bucket.endpoint) - Date.now(),
    urllib: { request: wire.request },
  };
}

/** ali-oss quotes the whole answer in some messages; the first line is enough. */
function reasonOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).split("\n")[0] ?? "";
}
