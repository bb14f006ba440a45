import type { KeyRecord, Principal, SessionRecord } from "@exhibit/contracts";
import { parseApiKey } from "../secrets/api-key.ts";
import { parseToken } from "../secrets/token.ts";
import { isOpen } from "../sessions/session-life.ts";
import { takenUntil } from "./check-key.ts";
import { createRemembered } from "./remembered.ts";
import { createUses } from "./uses.ts";

/** The most characters that an Authorization header may have. A longer one isn't read. */
const MAX_AUTHORIZATION_LENGTH = 8 * 1024;

/** What a request says about who sends it. */
export interface Credentials {
  /** The header `Authorization` as it came. */
  readonly authorization?: string | undefined;
  /** The token of a session, from its cookie. */
  readonly cookie?: string | undefined;
}

export interface AuthenticatorOptions {
  readonly findKey: (id: string) => Promise<KeyRecord | undefined>;
  /** Finds a session by the digest of its token; none whose key is revoked. */
  readonly findSession: (digest: Buffer) => Promise<SessionRecord | undefined>;
  /** Records when a key was used last. */
  readonly touchKey: (id: string, at: Date) => Promise<void>;
  /** Records when a session was used last. */
  readonly touchSession: (digest: Buffer, at: Date) => Promise<void>;
  /** Records when somebody came last by a bearer token that isn't one of our keys. */
  readonly touchPerson?: (principal: Principal, at: Date) => Promise<void>;
  /** Verifies a bearer token that isn't one of our keys. @defaultValue such tokens are refused */
  readonly verifyToken?: (token: string) => Promise<Principal | undefined>;
  /** @defaultValue Date.now */
  readonly now?: () => number;
}

/** Tells who sends a request. */
export interface Authenticator {
  /**
   * Resolves with the principal on whose authority a request acts; with undefined if it doesn't name
   * one, or what it shows isn't valid (any more). Nobody outside may learn which of these it was. An
   * Authorization header counts alone, whatever cookie comes with it. Rejects if the ledger can't be
   * asked.
   */
  authenticate(credentials: Credentials): Promise<Principal | undefined>;
  /** Forgets what was read, so that a key that was just revoked is refused here at once. */
  forget(): void;
}

/** Creates the check of API keys, session cookies and, where these are taken, bearer tokens. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { findKey, findSession, touchKey, touchSession, touchPerson, verifyToken } = options;
  const now = options.now ?? Date.now;
  const keys = createRemembered(findKey, now);
  // Checking a signature costs more than all the rest of a small read.
  const tokens = createRemembered(async (token) => verifyToken?.(token), now);
  const sessions = createRemembered((hex) => findSession(Buffer.from(hex, "hex")), now);
  const used = createUses(now);

  async function byKey(id: string, digest: Buffer): Promise<Principal | undefined> {
    const recalled = keys.recall(id);
    // The secret may be one that is newer than what is remembered.
    const isRecalled = takenUntil(recalled, digest, now()) !== undefined;
    const key = isRecalled ? recalled : await keys.read(id);
    if (key === undefined || takenUntil(key, digest, now()) === undefined) return undefined;
    used(id, key.lastUsedAt, (at) => touchKey(id, at));
    return key.principal;
  }

  async function bySession(digest: Buffer): Promise<Principal | undefined> {
    const hex = digest.toString("hex");
    const session = sessions.recall(hex) ?? (await sessions.read(hex));
    if (session === undefined || !isOpen(session, now())) return undefined;
    used(hex, session.seenAt, (at) => touchSession(digest, at));
    return session.secure ? session.principal : { ...session.principal, mayMakeKeys: false };
  }

  async function byToken(token: string): Promise<Principal | undefined> {
    const principal = tokens.recall(token) ?? (await tokens.read(token));
    if (principal === undefined || touchPerson === undefined) return principal;
    used(principal.name, null, (at) => touchPerson(principal, at));
    return principal;
  }

  async function byBearer(token: string): Promise<Principal | undefined> {
    if (!token.startsWith("exh_")) return await byToken(token);
    const key = parseApiKey(token);
    return key && byKey(key.id, key.digest);
  }

  return {
    async authenticate({ authorization, cookie }) {
      if (authorization !== undefined) {
        if (authorization.length > MAX_AUTHORIZATION_LENGTH) return undefined;
        const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
        return token === undefined ? undefined : byBearer(token);
      }
      const digest = cookie === undefined ? undefined : parseToken(cookie);
      return digest && bySession(digest);
    },
    forget() {
      keys.forget();
      tokens.forget();
      sessions.forget();
    },
  };
}
