import { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import type { OutgoingBody } from "../http/connection-pool.ts";
import type { ObjectHeaders } from "../metadata/object-headers.ts";
import { addressOfUrl } from "../signing/addressing.ts";
import type { Sender } from "./sender.ts";
import type { Answer } from "./store-error.ts";

/** What OSS says of bytes it holds. */
export interface Stored {
  /** Undefined when OSS didn't tell, as for some copied objects. */
  crc64: bigint | undefined;
  etag: string | undefined;
  requestId: string | undefined;
  /** When OSS answered, by its clock. */
  answeredAt: Date;
  /** Where the bucket keeps versions, or has kept them once. */
  versionId: string | undefined;
}

export interface StoredObject extends Stored {
  size: number;
  lastModified: Date;
}

/** Where a call is made: with which lease, on which key, and until when. */
export interface Target {
  lease: Lease;
  key: string;
  signal: AbortSignal | undefined;
}

/** The requests that carry bytes, and the one that asks what is there. */
export interface ObjectCalls {
  /** Undefined: there is no object. */
  head(target: Target): Promise<StoredObject | undefined>;
  /** With `overwrite` off OSS refuses when there is an object already. */
  put(
    target: Target,
    object: { body: OutgoingBody; headers: ObjectHeaders },
    overwrite: boolean,
  ): Promise<Stored>;
  /** To the signed URL of the lease, as it is. */
  putToUrl(target: Target, body: OutgoingBody): Promise<Stored>;
  uploadPart(
    target: Target,
    part: { uploadId: string; number: number },
    body: OutgoingBody,
  ): Promise<Stored>;
}

/** What proves an object's bytes. */
export const CRC64_HEADER = "x-oss-hash-crc64ecma";

export function createObjectCalls(sender: Sender, now: () => number): ObjectCalls {
  const toStored = (answer: Answer) => storedOf(answer, now);
  return {
    async head(target) {
      try {
        const answer = await sender.send({ ...target, operation: "HeadObject", method: "HEAD" });
        const size = Number(answer.headers["content-length"]);
        const lastModified = dateOf(answer.headers["last-modified"]) ?? new Date(0);
        return { ...storedOf(answer, now), size, lastModified };
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    },
    put(target, object, overwrite) {
      const { body } = object;
      const headers = { ...object.headers, ...forbidOverwrite(overwrite) };
      const request = { ...target, operation: "PutObject", method: "PUT", headers, body };
      return sender.send(request).then(toStored);
    },
    async putToUrl(target, body) {
      // Nothing is added: a header that the signature doesn't know may break it.
      const about = { ...target, operation: "PutObject", method: "PUT", headers: {}, body };
      const address = addressOfUrl(target.lease.object?.uploadUrl ?? "");
      return toStored(await sender.sendSigned({ ...about, address }));
    },
    uploadPart(target, { uploadId, number }, body) {
      const query = { partNumber: String(number), uploadId };
      const request = { ...target, operation: "UploadPart", method: "PUT", query, body };
      return sender.send(request).then(toStored);
    },
  };
}

export function forbidOverwrite(overwrite: boolean): Record<string, string> {
  return overwrite ? {} : { "x-oss-forbid-overwrite": "true" };
}

export function storedOf({ headers }: Answer, now: () => number): Stored {
  const crc64 = headers[CRC64_HEADER];
  const requestId = headers["x-oss-request-id"];
  const versionId = headers["x-oss-version-id"];
  return {
    crc64: typeof crc64 === "string" && /^\d{1,20}$/.test(crc64) ? BigInt(crc64) : undefined,
    etag: headers.etag,
    requestId: typeof requestId === "string" ? requestId : undefined,
    answeredAt: dateOf(headers.date) ?? new Date(now()),
    versionId: typeof versionId === "string" ? versionId : undefined,
  };
}

/** A 404 without a code, as some gateways answer HEAD, means no object as well; one of another code doesn't. */
function isAbsent(error: unknown): boolean {
  if (!(error instanceof ExhibitError) || error.details.oss_status !== 404) return false;
  const code = error.details.oss_code;
  return code === undefined || code === "NoSuchKey";
}

function dateOf(header: string | undefined): Date | undefined {
  if (header === undefined) return undefined;
  if (header !== lastDate.header) lastDate = { header, milliseconds: Date.parse(header) };
  const { milliseconds } = lastDate;
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds);
}

/** Answers of the same second have the same date. */
let lastDate = { header: "", milliseconds: Number.NaN };
