import type { StoredObject } from "../api/object-calls.ts";
import type { Content } from "../body/content.ts";
import type { Receipt } from "../object-store.ts";
import { conflict } from "./conflict.ts";
import { type Found, type HeadObject, headOrDeny } from "./head-object.ts";
import { hasOtherMd5, identicalReceipt, type Proving } from "./identical.ts";
import { foundReceipt } from "./receipt.ts";

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
  proving: Proving,
  sentSince: number | undefined,
): Promise<Receipt> {
  return await receiptOfFound(await headOrDeny(headObject, proving.key), proving, sentSince);
}

/** Does the same with an object that has been looked at. */
export async function receiptOfFound(
  found: Found,
  proving: Proving,
  sentSince: number | undefined,
): Promise<Receipt> {
  const { key, content } = proving;
  if (!isSame(found.object, content)) throw conflict(key, content, found.object);
  const mayBeOurs = sentSince !== undefined && isYounger(found.object, sentSince);
  if (mayBeOurs && !(await hasOtherMd5(found.object, proving))) {
    return foundReceipt("stored", { ...found, key, content });
  }
  return await identicalReceipt(found, proving);
}

export function isSame(object: StoredObject, content: Content): boolean {
  return object.size === content.size && object.crc64 === content.crc64;
}

/** Returns whether the object was written within the last `milliseconds`, by OSS's clock alone. */
function isYounger(object: StoredObject, milliseconds: number): boolean {
  return object.respondedAt.getTime() - object.lastModified.getTime() <= milliseconds + CLOCK_GRAIN;
}
