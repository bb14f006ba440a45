import { randomBytes, timingSafeEqual } from "node:crypto";
import type { KeyRecord } from "@exhibit/contracts";

/** What a secret is compared with where there is nothing to compare it with; nothing has this digest. */
const NO_DIGEST = randomBytes(32);

/**
 * Returns until when the secret with this digest is taken for a key; undefined if it isn't taken (any
 * more). Comparing takes the same time for a key that doesn't exist.
 */
export function takenUntil(
  key: KeyRecord | undefined,
  digest: Buffer,
  now: number,
): Date | undefined {
  const isCurrent = timingSafeEqual(digest, key?.digest ?? NO_DIGEST);
  const isPrevious = timingSafeEqual(digest, key?.previous?.digest ?? NO_DIGEST);
  if (key === undefined || key.revokedAt !== null || !(isCurrent || isPrevious)) return undefined;
  const { expiresAt, previous } = key;
  const isEarlier = !isCurrent && previous !== null && previous.until < expiresAt;
  const until = isEarlier ? previous.until : expiresAt;
  return now < until.getTime() ? until : undefined;
}
