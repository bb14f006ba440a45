import { randomBytes } from "node:crypto";
import { sandboxOwner } from "../accounts.ts";
import { compilePolicy, type Judge, type Policy } from "./policy.ts";

/** A key that OSS knows: a temporary one with its security token, or the owner's without one. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly allows: Judge;
}

export interface TemporaryKey extends AccessKey {
  readonly securityToken: string;
}

/** Issues and remembers tokens, in memory only: after a restart all of them are unknown. */
export interface TokenIssuer {
  issue(policy: Policy): TemporaryKey;
  find(accessKeyId: string): AccessKey | undefined;
  /** Returns whether a security token was issued, whatever key it belongs to. */
  knows(securityToken: string): boolean;
  /** Returns all remembered tokens, for tests that look for leaks. */
  issued(): readonly TemporaryKey[];
  /** Makes all tokens that were issued so far expire. */
  expireAll(): void;
  /** Sets the lifetime, in seconds, of tokens that are issued from now on. */
  setLifetime(seconds: number): void;
  /** Sets the actions that tokens allow that are issued from now on. */
  setActions(actions: readonly string[]): void;
  readonly actions: readonly string[];
  /** Seconds. */
  readonly lifetime: number;
}

/**
 * The actions that an uploader needs (PROTOCOLS, section 4): PutObject covers Put, Initiate,
 * UploadPart and Complete; GetObject is for HEAD.
 */
export const uploaderActions: readonly string[] = [
  "oss:PutObject",
  "oss:AbortMultipartUpload",
  "oss:ListParts",
  "oss:GetObject",
];

/** An expired token stays known for a while, so that its use is answered by `SecurityTokenExpired`. */
const REMEMBERED_TOKENS = 10_000;

const owner: AccessKey = {
  ...sandboxOwner,
  securityToken: undefined,
  expiresAt: Number.POSITIVE_INFINITY,
  allows: () => true,
};

export function createTokenIssuer(options: { now: () => number; lifetime: number }): TokenIssuer {
  const keys = new Map<string, TemporaryKey>();
  const securityTokens = new Map<string, string>();
  let lifetime = options.lifetime;
  let actions = uploaderActions;

  function remember(key: TemporaryKey): void {
    keys.set(key.accessKeyId, key);
    securityTokens.set(key.securityToken, key.accessKeyId);
    const oldest = keys.values().next().value;
    if (keys.size <= REMEMBERED_TOKENS || oldest === undefined) return;
    keys.delete(oldest.accessKeyId);
    securityTokens.delete(oldest.securityToken);
  }

  return {
    issue(policy) {
      const key: TemporaryKey = {
        accessKeyId: `STS.${randomBytes(12).toString("hex")}`,
        accessKeySecret: randomBytes(24).toString("base64url"),
        securityToken: `CAIS${randomBytes(96).toString("base64")}`,
        // STS returns whole seconds; rounding up keeps a lease from ending before the moment it names.
        expiresAt: Math.ceil(options.now() / 1000 + lifetime) * 1000,
        allows: compilePolicy(policy),
      };
      remember(key);
      return key;
    },
    find: (accessKeyId) => (accessKeyId === owner.accessKeyId ? owner : keys.get(accessKeyId)),
    issued: () => [...keys.values()],
    knows: (securityToken) => securityTokens.has(securityToken),
    expireAll() {
      for (const [id, key] of keys) keys.set(id, { ...key, expiresAt: 0 });
    },
    setLifetime(seconds) {
      lifetime = seconds;
    },
    setActions(allowed) {
      actions = [...allowed];
    },
    get actions() {
      return actions;
    },
    get lifetime() {
      return lifetime;
    },
  };
}
