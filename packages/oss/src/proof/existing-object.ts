import { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import type { ObjectCalls, StoredObject } from "../api/object-calls.ts";
import type { Content } from "../body/content.ts";
import type { Retry } from "../flow/retry.ts";
import type { Receipt } from "../object-store.ts";
import { conflict, hiddenObject } from "./conflict.ts";
import { foundReceipt } from "./receipt.ts";

/** An object, and the lease that it was found with. */
export interface Found {
  object: StoredObject;
  lease: Lease;
}

/** Looks for an object at a key; returns undefined when there is none. */
export type HeadObject = () => Promise<Found | undefined>;

export function createHeadObject(
  calls: ObjectCalls,
  retry: Retry,
  key: string,
  signal: AbortSignal | undefined,
): HeadObject {
  return () =>
    retry(async (lease) => {
      const object = await calls.head({ lease, key, signal });
      return object && { object, lease };
    }, signal);
}

/**
 * Milliseconds. Both of the times that are compared come from headers, which have whole seconds.
 */
const CLOCK_GRAIN = 2000;

/**
 * Finds out what OSS's "there is an object already" means. `sentSince` is how many milliseconds ago
 * this very call first sent the whole file without learning what came of it: an equal object that
 * is no older is its own, and `stored`. Throws EVIDENCE_CONFLICT when the object has other bytes,
 * STORE_DENIED when it isn't shown, STORE_PROOF_MISSING when OSS doesn't tell its CRC64.
 */
export async function receiptOfExisting(
  headObject: HeadObject,
  key: string,
  content: Content,
  sentSince: number | undefined,
): Promise<Receipt> {
  return receiptOfFound(await headOrDeny(headObject, key), key, content, sentSince);
}

/** Does the same with an object that has been looked at. */
export function receiptOfFound(
  found: Found,
  key: string,
  content: Content,
  sentSince: number | undefined,
): Receipt {
  if (!isSame(found.object, content)) throw conflict(key, content, found.object);
  const isOurs = sentSince !== undefined && isYounger(found.object, sentSince);
  return foundReceipt(isOurs ? "stored" : "identical", { ...found, key, content });
}

/**
 * Returns undefined also when the lease may not look. The vendors' policies often leave
 * oss:GetObject out; then one has to go on without knowing.
 */
export async function headIfAllowed(headObject: HeadObject): Promise<Found | undefined> {
  try {
    return await headObject();
  } catch (error) {
    if (error instanceof ExhibitError && error.code === "STORE_DENIED") return undefined;
    throw error;
  }
}

/** Looks at an object that OSS says is there. Throws STORE_DENIED when it isn't shown. */
export async function headOrDeny(headObject: HeadObject, key: string): Promise<Found> {
  let cause: unknown;
  try {
    const found = await headObject();
    if (found !== undefined) return found;
  } catch (error) {
    if (!(error instanceof ExhibitError) || error.code !== "STORE_DENIED") throw error;
    cause = error;
  }
  throw hiddenObject(key, cause);
}

export function isSame(object: StoredObject, content: Content): boolean {
  return object.size === content.size && object.crc64 === content.crc64;
}

/** Returns whether the object was written within the last `milliseconds`, by OSS's clock alone. */
function isYounger(object: StoredObject, milliseconds: number): boolean {
  return object.respondedAt.getTime() - object.lastModified.getTime() <= milliseconds + CLOCK_GRAIN;
}
