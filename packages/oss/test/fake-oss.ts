import { createHash } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { createCRC64 } from "hash-wasm";

/** A request as the fake saw it. */
interface Seen {
  method: string;
  bucket: string;
  key: string;
  query: Record<string, string>;
  headers: http.IncomingHttpHeaders;
  /** OSS's name of the operation, such as `PutObject`. */
  operation: string;
  /** Bytes of the body that arrived. */
  length: number;
}

export interface FakeResponse {
  status: number;
  code?: string;
  ec?: string;
  message?: string;
  /** More XML to put inside `<Error>`. */
  extra?: string;
  headers?: Record<string, string>;
  /** The body of a response without `code`. */
  xml?: string;
  /** The response isn't OSS's own. */
  foreign?: true;
  /** The body of an object. */
  content?: Buffer;
}

export type Mood =
  /** Responds with an error after reading the body. */
  | { kind: "respond"; response: FakeResponse }
  /** Responds with an error before reading the body, and closes the connection. */
  | { kind: "early"; response: FakeResponse }
  /** Resets the connection once the headers are in. */
  | { kind: "reset" }
  /** Does what is asked, and closes the connection instead of responding. */
  | { kind: "lose-response" }
  /** Stores other bytes than were sent, and tells their CRC64. */
  | { kind: "damage" }
  /** Stores the bytes that were sent, and tells another CRC64. */
  | { kind: "lie" }
  /** Responds without a CRC64. */
  | { kind: "no-crc64" }
  /** Sends so many bytes of the body and cuts the connection. */
  | { kind: "cut"; after: number }
  /** Never responds. */
  | { kind: "hang" }
  /** Runs the function before the request is handled. */
  | { kind: "before"; run: () => void };

interface FakeObject {
  size: number;
  crc64: bigint | undefined;
  etag: string;
  lastModified: Date;
  content: Buffer;
  version?: string;
}

interface FakeUpload {
  key: string;
  parts: Map<number, { size: number; crc64: bigint; etag: string; content: Buffer }>;
}

export interface FakeOss {
  endpoint: string;
  objects: Map<string, FakeObject>;
  /** Uploads that are open. */
  uploads: Map<string, FakeUpload>;
  /** Until when objects are kept, by key and version. */
  kept: Map<string, Date>;
  /** What the bucket keeps by a policy, and object by object: XML. */
  worms: { ofAll?: string; ofEach?: string };
  requests: Seen[];
  tokens: Set<string>;
  /** Handles the next request of this operation in this mood. Moods of one operation queue up. */
  next(operation: string, ...moods: Mood[]): void;
  /** Handles every request of this operation in this mood. */
  always(operation: string, mood: Mood): void;
  seed(key: string, content: Buffer, options?: Partial<FakeObject>): Promise<void>;
  operations(): string[];
  close(): Promise<void>;
}

export interface FakeOptions {
  /**
   * If it is given, bodies are measured and dropped, and an object that is made of parts has the
   * CRC64 that this returns for them.
   */
  combine?: (parts: { size: number; crc64: bigint }[]) => bigint;
  now?: () => number;
  /**
   * Whether the bucket keeps versions: `x-oss-forbid-overwrite` is ignored, and writes return a
   * version.
   */
  versioned?: boolean;
  /** How many parts ListParts returns at most. */
  partsOfPage?: number;
  /** How many objects ListObjectsV2 returns at most. */
  objectsOfPage?: number;
}

/**
 * A strict OSS in memory, on the loopback address. It checks everything that can be checked without
 * knowing how to sign, and each request can be given a mood.
 */
export async function startFakeOss({
  combine,
  now = Date.now,
  versioned = false,
  partsOfPage = 1000,
  objectsOfPage = 1000,
}: FakeOptions = {}): Promise<FakeOss> {
  const objects = new Map<string, FakeObject>();
  /** By key and version. */
  const versions = new Map<string, FakeObject>();
  const uploads = new Map<string, FakeUpload>();
  const kept = new Map<string, Date>();
  const worms: FakeOss["worms"] = {};
  const requests: Seen[] = [];
  const tokens = new Set(["token-1"]);
  const queued = new Map<string, Mood[]>();
  const standing = new Map<string, Mood>();
  let ids = 0;

  const server = http.createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });

  async function serve(
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> {
    const seen = parse(request);
    requests.push(seen);
    const mood = queued.get(seen.operation)?.shift() ?? standing.get(seen.operation);
    if (mood?.kind === "before") mood.run();
    if (mood?.kind === "reset") return void request.socket.resetAndDestroy();
    if (mood?.kind === "hang") return;
    if (mood?.kind === "early") {
      response.setHeader("connection", "close");
      return respond(response, seen, mood.response);
    }
    const body = await readBody(request, combine === undefined);
    seen.length = body.size;
    if (mood?.kind === "respond") return respond(response, seen, mood.response);
    const fault = refusal(seen, body.size);
    if (fault !== undefined) return respond(response, seen, fault);
    const result = await handle(seen, body, mood);
    if (mood?.kind === "lose-response") return void request.socket.destroy();
    if (mood?.kind === "lie") result.headers = { ...result.headers, "x-oss-hash-crc64ecma": "1" };
    if (mood?.kind === "no-crc64") delete result.headers?.["x-oss-hash-crc64ecma"];
    if (mood?.kind === "cut") return cut(response, seen, result, mood.after);
    respond(response, seen, result);
  }

  function cut(
    response: http.ServerResponse,
    seen: Seen,
    result: FakeResponse,
    after: number,
  ): void {
    const { content = Buffer.alloc(0) } = result;
    const length = String(content.length);
    response.writeHead(result.status, {
      "x-oss-request-id": `REQ-${requests.indexOf(seen) + 1}`,
      ...result.headers,
      "content-length": length,
    });
    response.write(content.subarray(0, after), () => response.destroy());
  }

  /** Returns what a strict OSS refuses a request with, whatever the operation. */
  function refusal({ headers, method }: Seen, size: number): FakeResponse | undefined {
    const authorization = headers.authorization ?? "";
    const v4 =
      /^OSS4-HMAC-SHA256 Credential=STS\.[\w-]+\/\d{8}\/cn-test\/oss\/aliyun_v4_request,Signature=[0-9a-f]{64}$/;
    const v1 = /^OSS STS\.[\w-]+:[A-Za-z0-9+/]{27}=$/;
    if (!v4.test(authorization) && !v1.test(authorization))
      return { status: 403, code: "SignatureDoesNotMatch" };
    if (!tokens.has(String(headers["x-oss-security-token"])))
      return { status: 403, code: "SecurityTokenExpired", ec: "0002-00000007" };
    if (headers["transfer-encoding"] !== undefined)
      return { status: 400, code: "ChunkedIsForbidden" };
    if ((method === "PUT" || method === "POST") && headers["content-length"] === undefined)
      return { status: 411, code: "MissingContentLength" };
    if (headers["content-length"] !== undefined && Number(headers["content-length"]) !== size)
      return { status: 400, code: "IncompleteBody" };
    return undefined;
  }

  async function handle(seen: Seen, body: Body, mood: Mood | undefined): Promise<FakeResponse> {
    const { key, query, headers } = seen;
    const uploadId = query.uploadId ?? "";
    const isTaken = !versioned && headers["x-oss-forbid-overwrite"] === "true" && objects.has(key);
    const damaged = mood?.kind === "damage" ? await damage(body) : body;
    switch (seen.operation) {
      case "HeadObject": {
        const object = versionOf(key, query.versionId);
        return object === undefined
          ? { status: 404, code: query.versionId === undefined ? "NoSuchKey" : "NoSuchVersion" }
          : {
              status: 200,
              headers: { ...headersOf(object), "content-length": String(object.size) },
            };
      }
      case "GetObject":
        return getObject(versionOf(key, query.versionId), headers);
      case "ListObjectsV2":
        return { status: 200, xml: listObjects(query) };
      case "PutObject": {
        if (isTaken)
          return {
            status: 409,
            code: "FileAlreadyExists",
            ec: "0026-00000001",
            message: "The object you specified already exists and can not be overwritten.",
          };
        const lastModified = new Date(now());
        const object: FakeObject = { ...damaged, etag: md5(damaged.content), lastModified };
        const written = versioned ? { ...object, version: `V${++ids}` } : object;
        objects.set(key, written);
        if (versioned) versions.set(`${key} ${written.version}`, written);
        return { status: 200, headers: headersOf(written) };
      }
      case "InitiateMultipartUpload": {
        if (isTaken) return { status: 409, code: "FileAlreadyExists" };
        const id = `UPLOAD${++ids}`;
        uploads.set(id, { key, parts: new Map() });
        return {
          status: 200,
          xml: `<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
        };
      }
      case "UploadPart": {
        const part = { ...damaged, etag: md5(damaged.content) };
        const upload = uploads.get(uploadId);
        if (upload === undefined) return { status: 404, code: "NoSuchUpload" };
        upload.parts.set(Number(query.partNumber), part);
        return {
          status: 200,
          headers: { etag: part.etag, "x-oss-hash-crc64ecma": String(part.crc64) },
        };
      }
      case "ListParts": {
        const upload = uploads.get(uploadId);
        if (upload === undefined) return { status: 404, code: "NoSuchUpload" };
        return { status: 200, xml: listParts(upload, query) };
      }
      case "CompleteMultipartUpload":
        return completeUpload(seen, body, isTaken, mood);
      case "AbortMultipartUpload":
        return uploads.delete(uploadId)
          ? { status: 204 }
          : { status: 404, code: "NoSuchUpload", ec: "0042-00000002" };
      case "PutObjectRetention":
        return keep(seen, body);
      case "GetBucketWorm":
        return worms.ofAll === undefined
          ? { status: 404, code: "NoSuchWORMConfiguration" }
          : { status: 200, xml: worms.ofAll };
      case "GetBucketObjectWormConfiguration":
        return worms.ofEach === undefined
          ? { status: 404, code: "NoSuchObjectWormConfiguration" }
          : { status: 200, xml: worms.ofEach };
      default:
        return { status: 400, code: "InvalidArgument" };
    }
  }

  function keep({ key, query, headers }: Seen, { content }: Body): FakeResponse {
    if (versionOf(key, query.versionId) === undefined) return { status: 404, code: "NoSuchKey" };
    if (headers["content-md5"] !== createHash("md5").update(content).digest("base64"))
      return { status: 400, code: "InvalidDigest" };
    const form =
      /^<Retention><Mode>COMPLIANCE<\/Mode><RetainUntilDate>(.{24})<\/RetainUntilDate><\/Retention>$/;
    const [, until = ""] = form.exec(content.toString()) ?? [];
    if (!/\.000Z$/.test(until)) return { status: 400, code: "MalformedXML" };
    kept.set(`${key} ${query.versionId ?? ""}`, new Date(until));
    return { status: 200 };
  }

  function versionOf(key: string, version: string | undefined): FakeObject | undefined {
    return version === undefined ? objects.get(key) : versions.get(`${key} ${version}`);
  }

  function getObject(
    object: FakeObject | undefined,
    { range, "if-match": match }: http.IncomingHttpHeaders,
  ): FakeResponse {
    if (object === undefined) return { status: 404, code: "NoSuchKey" };
    if (match !== undefined && match !== object.etag)
      return { status: 412, code: "PreconditionFailed" };
    const from = /^bytes=(\d+)-$/.exec(range ?? "")?.[1];
    if (from === undefined)
      return { status: 200, headers: headersOf(object), content: object.content };
    const content = object.content.subarray(Number(from));
    const contentRange = `bytes ${from}-${object.size - 1}/${object.size}`;
    return {
      status: 206,
      headers: { ...headersOf(object), "content-range": contentRange },
      content,
    };
  }

  function listObjects(query: Record<string, string>): string {
    const { prefix = "", "start-after": after = "" } = query;
    const later = [...objects]
      .filter(([key]) => key.startsWith(prefix) && compareBytes(key, after) > 0)
      .sort(([a], [b]) => compareBytes(a, b));
    const page = later
      .slice(0, Math.min(objectsOfPage, Number(query["max-keys"])))
      .map(([key, { etag, size, lastModified }]) => {
        const escaped = etag.replaceAll('"', "&quot;");
        return `<Contents><Key>${encodeURIComponent(key)}</Key><LastModified>${lastModified.toISOString()}</LastModified><ETag>${escaped}</ETag><Type>Normal</Type><Size>${size}</Size></Contents>`;
      });
    return `<?xml version="1.0"?><ListBucketResult><Name>evidence</Name><EncodingType>${query["encoding-type"]}</EncodingType><IsTruncated>${later.length > page.length}</IsTruncated>${page.join("")}</ListBucketResult>`;
  }

  function listParts({ parts }: FakeUpload, query: Record<string, string>): string {
    const marker = Number(query["part-number-marker"] ?? 0);
    const later = [...parts].sort(([a], [b]) => a - b).filter(([number]) => number > marker);
    const limit = Math.min(partsOfPage, Number(query["max-parts"]));
    const page = later
      .slice(0, limit)
      .map(
        ([number, { etag, crc64, size }]) =>
          `<Part><PartNumber>${number}</PartNumber><ETag>${etag.replaceAll('"', "&quot;")}</ETag><HashCrc64ecma>${crc64}</HashCrc64ecma><Size>${size}</Size></Part>`,
      );
    const isTruncated = later.length > page.length;
    return `<ListPartsResult><IsTruncated>${isTruncated}</IsTruncated>${page.join("")}</ListPartsResult>`;
  }

  async function completeUpload(
    { key, query }: Seen,
    body: Body,
    isTaken: boolean,
    mood: Mood | undefined,
  ): Promise<FakeResponse> {
    const id = query.uploadId ?? "";
    const upload = uploads.get(id);
    if (upload === undefined) return { status: 404, code: "NoSuchUpload", ec: "0042-00000203" };
    if (isTaken) return { status: 409, code: "FileAlreadyExists" };
    const listed = [
      ...body.content
        .toString()
        .matchAll(/<PartNumber>(\d+)<\/PartNumber>\s*<ETag>([^<]*)<\/ETag>/g),
    ];
    const parts = listed.map(([, number, etag]) => {
      const part = upload.parts.get(Number(number));
      return part?.etag === etag ? part : undefined;
    });
    if (parts.length === 0 || parts.some((part) => part === undefined))
      return { status: 400, code: "InvalidPart" };
    const whole = parts.filter((part) => part !== undefined);
    if (whole.slice(0, -1).some((part) => part.size < 102_400))
      return { status: 400, code: "EntityTooSmall" };
    const content = Buffer.concat(whole.map((part) => part.content));
    const sound: Body = combine
      ? { content, size: whole.reduce((sum, part) => sum + part.size, 0), crc64: combine(whole) }
      : { content, size: content.length, crc64: await crc64Of(content) };
    const made = mood?.kind === "damage" ? await damage(sound) : sound;
    const object = { ...made, etag: `"MULTI-${id}"`, lastModified: new Date(now()) };
    uploads.delete(id);
    objects.set(key, object);
    return {
      status: 200,
      headers: headersOf(object),
      xml: "<CompleteMultipartUploadResult><Key>k</Key></CompleteMultipartUploadResult>",
    };
  }

  function respond(
    response: http.ServerResponse,
    seen: Seen,
    { status, code, ec, message, extra, headers, xml, foreign, content }: FakeResponse,
  ): void {
    const requestId = `REQ-${requests.indexOf(seen) + 1}`;
    const error =
      code &&
      `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message ?? `It is ${code}.`}</Message><RequestId>${requestId}</RequestId>${ec ? `<EC>${ec}</EC>` : ""}${extra ?? ""}</Error>`;
    const text = error ?? content ?? xml ?? "";
    response.writeHead(status, {
      date: new Date(now()).toUTCString(),
      ...(foreign ? {} : { "x-oss-request-id": requestId }),
      ...(seen.method === "HEAD" && error
        ? { "x-oss-err": Buffer.from(error).toString("base64") }
        : {}),
      ...(seen.method === "HEAD" ? {} : { "content-length": String(Buffer.byteLength(text)) }),
      ...headers,
    });
    response.end(seen.method === "HEAD" ? undefined : text);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    uploads,
    kept,
    worms,
    requests,
    tokens,
    next: (operation, ...moods) =>
      void queued.set(operation, [...(queued.get(operation) ?? []), ...moods]),
    always: (operation, mood) => void standing.set(operation, mood),
    async seed(key, content, options) {
      objects.set(key, {
        content,
        size: content.length,
        crc64: await crc64Of(content),
        etag: md5(content),
        lastModified: new Date(now()),
        ...options,
      });
    },
    operations: () => requests.map(({ operation }) => operation),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Body {
  content: Buffer;
  size: number;
  crc64: bigint;
}

async function readBody(request: http.IncomingMessage, keep: boolean): Promise<Body> {
  const hasher = await createCRC64();
  hasher.init();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hasher.update(chunk);
    size += chunk.length;
    if (keep || request.method === "POST") chunks.push(chunk);
  }
  return { content: Buffer.concat(chunks), size, crc64: BigInt(`0x${hasher.digest("hex")}`) };
}

async function damage(body: Body): Promise<Body> {
  const content = Buffer.concat([body.content.subarray(0, -1), Buffer.from("!")]);
  return { content, size: content.length, crc64: await crc64Of(content) };
}

export async function crc64Of(content: Buffer): Promise<bigint> {
  const hasher = await createCRC64();
  return BigInt(`0x${hasher.init().update(content).digest("hex")}`);
}

function md5(content: Buffer): string {
  return `"${createHash("md5").update(content).digest("hex").toUpperCase()}"`;
}

function headersOf(object: FakeObject): Record<string, string> {
  return {
    etag: object.etag,
    "last-modified": object.lastModified.toUTCString(),
    ...(object.crc64 !== undefined && { "x-oss-hash-crc64ecma": String(object.crc64) }),
    ...(object.version !== undefined && { "x-oss-version-id": object.version }),
  };
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function parse(request: http.IncomingMessage): Seen {
  const [path = "", search = ""] = (request.url ?? "").split("?");
  const query = Object.fromEntries(new URLSearchParams(search));
  const [, bucket = "", ...rest] = path.split("/");
  const method = request.method ?? "";
  const key = decodeURIComponent(rest.join("/"));
  return {
    method,
    bucket,
    key,
    query,
    headers: request.headers,
    operation: operationOf(method, query),
    length: 0,
  };
}

function operationOf(method: string, query: Record<string, string>): string {
  if (method === "HEAD") return "HeadObject";
  if (method === "GET" && query["list-type"] === "2") return "ListObjectsV2";
  if (method === "GET" && "worm" in query) return "GetBucketWorm";
  if (method === "GET" && "objectWorm" in query) return "GetBucketObjectWormConfiguration";
  if (method === "GET") return "uploadId" in query ? "ListParts" : "GetObject";
  if (method === "DELETE") return "AbortMultipartUpload";
  if (method === "POST")
    return "uploads" in query ? "InitiateMultipartUpload" : "CompleteMultipartUpload";
  if ("retention" in query) return "PutObjectRetention";
  return "partNumber" in query ? "UploadPart" : "PutObject";
}
