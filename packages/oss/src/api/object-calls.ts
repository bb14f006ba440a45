import { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import type { OutgoingBody } from "../http/request.ts";
import type { HttpResponse } from "../http/response.ts";
import type { ObjectHeaders } from "../metadata/object-headers.ts";
import { addressOfUrl } from "../signing/addressing.ts";
import type { Sender } from "./sender.ts";
import { forbidOverwrite, type StoredBytes, storedBytesOf, timeOf } from "./stored-bytes.ts";

/** An object as HEAD describes it. */
export interface StoredObject extends StoredBytes {
  /** Bytes. */
  size: number;
  lastModified: Date;
}

/** What a call acts on, with which lease, and what may end it. */
export interface Target {
  lease: Lease;
  key: string;
  signal: AbortSignal | undefined;
}

/**
 * The requests that carry bytes, and the one that looks for an object. They throw STORE_* and
 * LEASE_*.
 */
export interface ObjectCalls {
  /** Returns undefined when there is no object, or not this version of it. */
  head(
    target: Target,
    of?: { versionId?: string | undefined; isCounted?: boolean },
  ): Promise<StoredObject | undefined>;
  /** Without `overwrite` OSS refuses when there is an object already. */
  put(
    target: Target,
    object: { body: OutgoingBody; headers: ObjectHeaders },
    overwrite: boolean,
  ): Promise<StoredBytes>;
  /** Puts the body to the signed URL of the lease, just as it is. */
  putToUrl(target: Target, body: OutgoingBody): Promise<StoredBytes>;
  uploadPart(
    target: Target,
    part: { uploadId: string; number: number },
    body: OutgoingBody,
  ): Promise<StoredBytes>;
}

export function createObjectCalls(sender: Sender, now: () => number): ObjectCalls {
  const toStoredBytes = (response: HttpResponse) => storedBytesOf(response, now);
  return {
    async head(target, { versionId, isCounted = false } = {}) {
      const query = versionId === undefined ? {} : { versionId };
      const request = { ...target, operation: "HeadObject", method: "HEAD", query, isCounted };
      try {
        const response = await sender.send(request);
        const size = Number(response.headers["content-length"]);
        const lastModified = timeOf(response.headers["last-modified"]) ?? new Date(0);
        return { ...storedBytesOf(response, now), size, lastModified };
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    },
    put(target, object, overwrite) {
      const { body } = object;
      const headers = { ...object.headers, ...forbidOverwrite(overwrite) };
      const request = { ...target, operation: "PutObject", method: "PUT", headers, body };
      return sender.send(request).then(toStoredBytes);
    },
    async putToUrl(target, body) {
      // No header is added: one that the signature doesn't know may break it.
      const request = { ...target, operation: "PutObject", method: "PUT", headers: {}, body };
      const address = addressOfUrl(target.lease.object?.uploadUrl ?? "");
      return toStoredBytes(await sender.sendSigned({ ...request, address }));
    },
    uploadPart(target, { uploadId, number }, body) {
      const query = { partNumber: String(number), uploadId };
      const request = { ...target, operation: "UploadPart", method: "PUT", query, body };
      return sender.send(request).then(toStoredBytes);
    },
  };
}

/**
 * A 404 without a code, with which some gateways respond to HEAD, means that there is no object,
 * too. A 404 of another code doesn't.
 */
export function isAbsent(error: unknown): boolean {
  if (!(error instanceof ExhibitError) || error.details.oss_status !== 404) return false;
  const code = error.details.oss_code;
  return code === undefined || code === "NoSuchKey" || code === "NoSuchVersion";
}
