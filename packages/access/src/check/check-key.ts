import { randomBytes, timingSafeEqual } from "node:crypto";
import type { KeyRecord } from "@exhibit/contracts";

/** No secret has this digest: others are compared with it where there is no key to compare with. */
const NO_DIGEST = randomBytes(32);

/**
 * Returns until when a key is used with the secret of this digest; undefined if the secret isn't
 * valid (any more). Comparing takes the same time for a key that doesn't exist.
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
