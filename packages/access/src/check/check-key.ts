import { randomBytes, timingSafeEqual } from "node:crypto";
import type { KeyRecord } from "./records.ts";

/** What a secret is compared with where there is nothing to compare it with; nothing has this digest. */
const NO_DIGEST = randomBytes(32);

/**
 * Returns whether a digest is that of the key's secret, or of the one before it while that is taken.
 * It takes the same time for a key that doesn't exist.
 */
export function isSecretOf(key: KeyRecord | undefined, digest: Buffer, now: number): boolean {
  const isCurrent = timingSafeEqual(digest, key?.digest ?? NO_DIGEST);
  const isPrevious = timingSafeEqual(digest, key?.previous?.digest ?? NO_DIGEST);
  const until = key?.previous?.until.getTime() ?? 0;
  return isCurrent || (isPrevious && now < until);
}

/** Returns whether a key may be used (any more). */
export function isInForce(key: KeyRecord, now: number): boolean {
  return key.revokedAt === null && now < key.expiresAt.getTime();
}
