import { ExhibitError } from "@exhibit/contracts";
import type { StoredObject } from "../api/object-calls.ts";
import type { StoredBytes } from "../api/stored-bytes.ts";
import type { Content } from "../body/content.ts";
import type { Receipt } from "../object-store.ts";
import { conflict } from "./conflict.ts";
import { isSame } from "./existing-object.ts";
import type { HeadObject } from "./head-object.ts";
import { foundReceipt } from "./receipt.ts";

/**
 * What to do about an object that this very call wrote, and whose bytes OSS says aren't those that
 * were sent: nothing, if it has the right bytes after all, or write again, over our own damaged
 * copy if that is still there.
 */
export type DamageVerdict = { receipt: Receipt } | { overwrite: StoredObject | undefined };

/**
 * A write that OSS answered with another CRC64 than ours left damaged bytes at our key, where
 * `x-oss-forbid-overwrite` now keeps out the good ones. They aren't evidence but our own faulty
 * copy, so they may be overwritten, but only when the ETag and CRC64 of our own write prove the
 * object to be that copy. (Nobody who forbids overwriting can have replaced it.)
 *
 * Throws EVIDENCE_CONFLICT when it is another object, and `error` when that can't be told, because
 * the object isn't shown or OSS doesn't tell its CRC64.
 */
export async function judgeDamaged(
  headObject: HeadObject,
  of: { key: string; content: Content; damaged: StoredBytes; error: ExhibitError },
): Promise<DamageVerdict> {
  const { key, content, damaged, error } = of;
  const found = await headObject().catch((thrown: unknown) => {
    throw thrown instanceof ExhibitError && thrown.code === "STORE_DENIED" ? error : thrown;
  });
  // Without a CRC64 nothing says that the write was damaged, so it isn't repeated.
  if (found === undefined && damaged.crc64 === undefined) throw error;
  if (found === undefined) return { overwrite: undefined };
  const { object } = found;
  if (isSame(object, content)) {
    return { receipt: foundReceipt("stored", { ...found, key, content }) };
  }
  if (object.crc64 === undefined) throw error;
  const hasSameCrc64 = damaged.crc64 === undefined || object.crc64 === damaged.crc64;
  const isOurs = damaged.etag !== undefined && object.etag === damaged.etag && hasSameCrc64;
  if (isOurs) return { overwrite: object };
  throw conflict(key, content, object);
}
