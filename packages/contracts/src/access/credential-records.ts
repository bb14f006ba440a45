import type { Principal } from "./principal.ts";

/** What an API key is checked by. The text of the key isn't kept. */
export interface KeyRecord {
  readonly id: string;
  readonly principal: Principal;
  readonly digest: Uint8Array;
  /** The secret before the last rotation, for as long as it is still taken. */
  readonly previous: { readonly digest: Uint8Array; readonly until: Date } | null;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

/** What a browser's session is checked by. */
export interface SessionRecord {
  /** On whose authority its requests act. */
  readonly principal: Principal;
  /** Whether its cookie is one for HTTPS alone. */
  readonly secure: boolean;
  readonly seenAt: Date;
  readonly expiresAt: Date;
}
