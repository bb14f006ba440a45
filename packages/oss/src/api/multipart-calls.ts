import { ExhibitError } from "@exhibit/contracts";
import type OSS from "ali-oss";
import type { ObjectHeaders } from "../metadata/object-headers.ts";
import type { Query } from "../signing/encoding.ts";
import { createAliCall } from "./ali-client.ts";
import type { ClockOffsets } from "./clock-offsets.ts";
import type { Target } from "./object-calls.ts";
import type { Sender } from "./sender.ts";
import { forbidOverwrite, type StoredBytes, storedBytesOf } from "./stored-bytes.ts";

export interface UploadedPart {
  /** Counted from 1. */
  number: number;
  etag: string;
}

/** A part as OSS lists it. */
interface ListedPart extends UploadedPart {
  /** Undefined when OSS doesn't tell it. */
  crc64: bigint | undefined;
}

/** The requests that begin, list and end a multipart upload. They throw STORE_* and LEASE_*. */
export interface MultipartCalls {
  /**
   * Begins an upload to an object with these headers. Returns the new upload's id, and when it
   * began by OSS's clock.
   */
  initiate(
    target: Target,
    headers: ObjectHeaders,
    overwrite: boolean,
  ): Promise<{ uploadId: string; beganAt: Date }>;
  /** Returns all parts that OSS has. */
  listParts(target: Target, uploadId: string): Promise<ListedPart[]>;
  complete(
    target: Target,
    uploadId: string,
    parts: UploadedPart[],
    overwrite: boolean,
  ): Promise<StoredBytes>;
  abort(target: Target, uploadId: string): Promise<void>;
}

export function createMultipartCalls(
  sender: Sender,
  clocks: ClockOffsets,
  now: () => number,
): MultipartCalls {
  const call = createAliCall(sender, clocks);
  return {
    async initiate(target, given, overwrite) {
      const { "content-type": type = "", ...headers } = given;
      const options = { mime: type, headers: { ...headers, ...forbidOverwrite(overwrite) } };
      const request = {
        ...target,
        operation: "InitiateMultipartUpload",
        query: { uploads: "" },
        root: "InitiateMultipartUploadResult",
      };
      const { value, response } = await call(request, (client) =>
        client.initMultipartUpload(target.key, options),
      );
      const { respondedAt: beganAt } = storedBytesOf(response, now);
      if (value.uploadId) return { uploadId: value.uploadId, beganAt };
      throw new ExhibitError(
        "STORE_UNAVAILABLE",
        "OSS's response to InitiateMultipartUpload names no upload.",
      );
    },
    async listParts(target, uploadId) {
      const listed: ListedPart[] = [];
      for (;;) {
        const query = partsAfter(listed.at(-1));
        const request = {
          ...target,
          operation: "ListParts",
          query: { ...query, uploadId },
          root: "ListPartsResult",
        };
        const { value } = await call(request, (client) =>
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
      // ali-oss's types leave the headers out, but its code takes them.
      const options = { headers: forbidOverwrite(overwrite) } as OSS.CompleteMultipartUploadOptions;
      const request = {
        ...target,
        operation: "CompleteMultipartUpload",
        query: { uploadId },
        root: "CompleteMultipartUploadResult",
      };
      const { response } = await call(request, (client) =>
        client.completeMultipartUpload(target.key, uploadId, numbered, options),
      );
      return storedBytesOf(response, now);
    },
    async abort(target, uploadId) {
      const request = { ...target, operation: "AbortMultipartUpload", query: { uploadId } };
      await call(request, (client) => client.abortMultipartUpload(target.key, uploadId));
    },
  };
}

const PARTS_OF_A_PAGE = "1000";

/** The list is asked for in URL encoding, because XML can't hold every key. */
function partsAfter(last: ListedPart | undefined): Query {
  return {
    "encoding-type": "url",
    "max-parts": PARTS_OF_A_PAGE,
    ...(last && { "part-number-marker": String(last.number) }),
  };
}

/**
 * The page as ali-oss reads it from the XML: all texts, and a single part without an array around
 * it.
 */
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
