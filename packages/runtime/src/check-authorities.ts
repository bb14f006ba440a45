import type { ExhibitConfig } from "@exhibit/config";
import { type AuthorityCheck, checkAuthority } from "@exhibit/ingest";
import { openStampParts } from "./stamp-parts.ts";

/**
 * Asks each configured authority of time stamps for one, all at once. Throws CONFIG_INVALID for
 * certificates that aren't taken.
 */
export async function checkAuthorities(
  config: ExhibitConfig,
  signal: AbortSignal,
): Promise<AuthorityCheck[]> {
  const { authorities, ...asking } = await openStampParts(config);
  return await Promise.all(authorities.map((each) => checkAuthority(asking, each, signal)));
}
