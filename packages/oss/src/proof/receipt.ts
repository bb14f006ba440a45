import type { Lease } from "@exhibit/credentials";
import type { StoredBytes } from "../api/stored-bytes.ts";
import type { Content } from "../body/content.ts";
import type { Receipt } from "../object-store.ts";
import type { Found } from "./head-object.ts";

/** Returns the receipt of a write that OSS responded to. */
export function writtenReceipt(
  stored: StoredBytes,
  of: { lease: Lease; key: string; content: Content },
): Receipt {
  const { key, lease } = of;
  const { size, sha256, sm3, crc64 } = of.content;
  const { endpoint, name: bucket } = lease.bucket;
  const { etag, requestId, versionId, respondedAt: storedAt } = stored;
  const ids = { etag, requestId, versionId, leaseId: lease.id };
  const known = { endpoint, bucket, key, size, sha256, sm3, crc64, ...ids, storedAt };
  return { outcome: "stored", identicalBy: undefined, ...known };
}

/**
 * Returns the receipt of an object that was found. It was stored when OSS says it was last
 * modified.
 */
export function foundReceipt(
  outcome: Receipt["outcome"],
  of: Found & { key: string; content: Content },
): Receipt {
  return { ...writtenReceipt(of.object, of), outcome, storedAt: of.object.lastModified };
}
