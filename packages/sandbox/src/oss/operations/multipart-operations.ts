import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { readText } from "../../http/read-text.ts";
import { ossError } from "../protocol/oss-error.ts";
import type { OssRequest } from "../protocol/oss-request.ts";
import { CRC64_HEADER } from "../protocol/oss-response.ts";
import { xmlDocument } from "../protocol/xml.ts";
import type { ObjectRecord } from "../storage/object-journal.ts";
import type { OpenUpload, UploadPart } from "../storage/open-uploads.ts";
import { receiveBody } from "../storage/receive-body.ts";
import {
  forbidsOverwrite,
  keptHeaders,
  type Operation,
  type OssState,
  versionHeader,
} from "./operation.ts";
import { type ListedPart, parsePartList } from "./part-list.ts";

/** Each part but the last has at least 100 KB. Only Complete checks it. */
const MIN_PART_BYTES = 100 * 1024;
const MAX_PARTS = 10_000;
const MAX_PAGE = 1000;
const COPY_BYTES = 1024 * 1024;

export const initiateMultipartUpload: Operation = {
  name: "InitiateMultipartUpload",
  action: "oss:PutObject",
  handle(request, state) {
    const { storage, uploads, now } = state;
    const { bucket, key } = request;
    if (forbidsOverwrite(request, state) && storage.find(bucket, key))
      throw ossError("FileAlreadyExists");
    const kept = keptHeaders(request);
    const upload = uploads.open({ bucket, key, ...kept, initiated: now() });
    const tree = { Bucket: bucket, ...namedKey(request), UploadId: upload.id };
    return xml("InitiateMultipartUploadResult", tree);
  },
};

export const uploadPart: Operation = {
  name: "UploadPart",
  action: "oss:PutObject",
  async handle(request, { storage, uploads, crc64, now }) {
    const upload = uploadOf(request, uploads);
    const number = partNumberOf(request.query.get("partNumber"));
    const received = await receiveBody(request, storage.incoming(), crc64);
    try {
      const part = uploads.addPart(upload, number, received, now());
      return { status: 200, headers: { etag: part.etag, [CRC64_HEADER]: part.crc64 } };
    } catch (error) {
      await rm(received.file, { force: true });
      throw error;
    }
  },
};

export const completeMultipartUpload: Operation = {
  name: "CompleteMultipartUpload",
  action: "oss:PutObject",
  async handle(request, state) {
    const { storage, retentions } = state;
    const upload = uploadOf(request, state.uploads);
    const body = await readText(request.body, () =>
      ossError("MalformedXML", "The list of parts is too long."),
    );
    const parts = chosenParts(request, body, state.uploads.parts(upload));
    const forbidOverwrite = forbidsOverwrite(request, state);
    if (!forbidOverwrite) {
      const { bucket, key } = request;
      retentions.checkFree(bucket, key, storage.find(bucket, key));
    }
    const record = await state.uploads.consume(upload, () =>
      assemble(upload, parts, forbidOverwrite, state),
    );
    retentions.applyRule(record.bucket, record.key);
    const { bucket, etag } = record;
    const location = `http://${request.headers.host}/${encodeURI(`${bucket}/${record.key}`)}`;
    const tree = { Location: location, Bucket: bucket, ...namedKey(request), ETag: etag };
    const response = xml("CompleteMultipartUploadResult", tree);
    const headers = { etag, [CRC64_HEADER]: record.crc64, ...versionHeader(record, state) };
    return { ...response, headers: { ...response.headers, ...headers } };
  },
};

export const abortMultipartUpload: Operation = {
  name: "AbortMultipartUpload",
  action: "oss:AbortMultipartUpload",
  async handle(request, { uploads }) {
    await uploads.consume(uploadOf(request, uploads), async () => {});
    return { status: 204 };
  },
};

export const listParts: Operation = {
  name: "ListParts",
  action: "oss:ListParts",
  handle(request, { uploads }) {
    const upload = uploadOf(request, uploads);
    const limit = pageSize(request.query.get("max-parts"));
    const marker = Number(request.query.get("part-number-marker") ?? 0);
    const later = uploads.parts(upload).filter((part) => part.number > marker);
    const page = later.slice(0, limit);
    return xml("ListPartsResult", {
      Bucket: upload.bucket,
      ...namedKey(request),
      UploadId: upload.id,
      StorageClass: "Standard",
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.number ?? marker,
      MaxParts: limit,
      IsTruncated: later.length > page.length,
      Part: page.map((part) => ({
        PartNumber: part.number,
        LastModified: new Date(part.modified).toISOString(),
        ETag: part.etag,
        HashCrc64ecma: part.crc64,
        Size: part.size,
      })),
    });
  },
};

export function xml(root: string, tree: Parameters<typeof xmlDocument>[1]) {
  const headers = { "content-type": "application/xml" };
  return { status: 200, headers, body: xmlDocument(root, tree) };
}

/** Returns the key as the caller wants it: `encoding-type=url` makes any key fit XML. */
function namedKey(request: OssRequest): { EncodingType?: string; Key: string } {
  if (request.query.get("encoding-type") !== "url") return { Key: request.key };
  return { EncodingType: "url", Key: encodeURIComponent(request.key) };
}

export function pageSize(text: string | undefined): number {
  const size = Number(text ?? MAX_PAGE);
  if (!Number.isInteger(size) || size < 1 || size > MAX_PAGE) throw ossError("InvalidArgument");
  return size;
}

function uploadOf(request: OssRequest, uploads: OssState["uploads"]): OpenUpload {
  return uploads.get(request.query.get("uploadId") ?? "", request.bucket, request.key);
}

function partNumberOf(text: string | undefined): number {
  const number = /^\d{1,5}$/u.test(text ?? "") ? Number(text) : 0;
  if (number >= 1 && number <= MAX_PARTS) return number;
  throw ossError("InvalidArgument", "Part number must be an integer between 1 and 10000.");
}

/** Returns the parts that the client lists, or all of them if it sends `x-oss-complete-all: yes`. */
function chosenParts(request: OssRequest, body: string, there: UploadPart[]): UploadPart[] {
  const isAll = request.headers["x-oss-complete-all"] === "yes";
  if (isAll && body !== "") throw ossError("InvalidArgument", "complete-all has no body.");
  const parts = isAll ? there : matchParts(parsePartList(body), there);
  if (parts.length === 0) throw ossError("InvalidPart", "There are no parts.");
  for (const part of parts.slice(0, -1)) {
    if (part.size < MIN_PART_BYTES) {
      const extra = { PartNumber: String(part.number), ProposedSize: String(part.size) };
      throw ossError("EntityTooSmall", undefined, extra);
    }
  }
  return parts;
}

function matchParts(listed: readonly ListedPart[], there: readonly UploadPart[]): UploadPart[] {
  const byNumber = new Map(there.map((part) => [part.number, part]));
  let before = 0;
  return listed.map(({ number, etag }) => {
    if (number <= before) throw ossError("InvalidPartOrder");
    before = number;
    const part = byNumber.get(number);
    if (part !== undefined && part.etag === `"${etag}"`) return part;
    throw ossError("InvalidPart", undefined, { PartNumber: String(number) });
  });
}

/** Joins the parts into one object. Its CRC64 is that of the bytes as they are stored. */
async function assemble(
  upload: OpenUpload,
  parts: readonly UploadPart[],
  forbidOverwrite: boolean,
  { storage, uploads, crc64, now }: OssState,
): Promise<ObjectRecord> {
  const { bucket, key, contentType, meta } = upload;
  const file = storage.incoming();
  try {
    const joined = await join(
      parts.map((part) => uploads.pathOf(upload, part)),
      file,
      crc64,
    );
    const etag = multipartEtag(parts);
    const record = { bucket, key, ...joined, etag, type: "Multipart" as const, contentType, meta };
    return storage.commit(file, { ...record, modified: now() }, { forbidOverwrite });
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

async function join(files: readonly string[], target: string, pool: OssState["crc64"]) {
  const crc64 = await pool.start();
  const handle = await open(target, "w");
  let size = 0;
  try {
    for (const file of files) {
      const stream = createReadStream(file, { highWaterMark: COPY_BYTES });
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        crc64.update(chunk);
        await handle.writev([chunk]);
        size += chunk.length;
      }
    }
    return { size, crc64: crc64.finish() };
  } catch (error) {
    crc64.discard();
    throw error;
  } finally {
    await handle.close();
  }
}

/** Returns the ETag of a multipart object, which is never the MD5 of its content. */
function multipartEtag(parts: readonly UploadPart[]): string {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part.etag);
  return `"${hash.digest("hex").toUpperCase()}-${parts.length}"`;
}
