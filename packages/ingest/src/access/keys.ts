import { makeApiKey, type NewApiKey } from "@exhibit/access";
import {
  type AuditEvent,
  ExhibitError,
  isUnscoped,
  type KeyRequest,
  type KeyView,
  type NewKey,
  type Principal,
  type RevokeKeyRequest,
  type RotateKeyRequest,
  reaches,
  type Scope,
} from "@exhibit/contracts";
import {
  type AuditQuery,
  createApiKey,
  type Ledger,
  listApiKeys,
  listKeyAuditEvents,
  type Page,
  readApiKey,
  revokeApiKey,
  rotateApiKey,
} from "@exhibit/ledger";
import { checkRoots, isWithin } from "./scope-within.ts";

/** Who acts on keys. */
export interface KeyMaker {
  readonly principal: Principal;
  /** As the audit log names them. @defaultValue the principal's name */
  readonly who?: string | undefined;
}

/**
 * The keys of the API. Nobody can make one that may more than they may themselves, nor see one: a key
 * beyond their own scope is NOT_FOUND for them. Every change is recorded in the audit log.
 */
export interface Keys {
  /** Returns a key, also one that is revoked or has expired. Throws NOT_FOUND. */
  get(keyId: string, by: KeyMaker): Promise<KeyView>;
  /** Returns a page of keys, the oldest first, also of those that are revoked or have expired. */
  list(query: { limit: number; after?: string | undefined }, by: KeyMaker): Promise<Page<KeyView>>;
  /**
   * Makes a key, which is shown this once. Throws AUTH_FORBIDDEN for one that may more than its maker,
   * and STATE_CONFLICT for a name that is taken.
   */
  create(request: KeyRequest, by: KeyMaker): Promise<NewKey>;
  /**
   * Gives a key a new secret, which is shown this once; the old one works a while longer. Throws
   * AUTH_FORBIDDEN like `create`, NOT_FOUND, and STATE_CONFLICT for a key that is revoked.
   */
  rotate(keyId: string, request: RotateKeyRequest, by: KeyMaker): Promise<NewKey>;
  /** Revokes a key: within 5 seconds it works nowhere. Throws NOT_FOUND or STATE_CONFLICT. */
  revoke(keyId: string, request: RevokeKeyRequest, by: KeyMaker): Promise<KeyView>;
  /** Returns a page of what people did to a key. Throws NOT_FOUND. */
  audit(keyId: string, query: AuditQuery, by: KeyMaker): Promise<Page<AuditEvent>>;
}

export interface KeysOptions {
  /** Is called after a key or its secret stopped working. */
  readonly onChange?: () => void;
  /** @defaultValue Date.now */
  readonly now?: () => number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export function createKeys(
  ledger: Ledger,
  { onChange = () => {}, now = Date.now }: KeysOptions = {},
): Keys {
  /** Returns a key that somebody may know of. Throws NOT_FOUND. */
  async function findFor({ scope }: Principal, keyId: string): Promise<KeyView> {
    const key = await readApiKey(ledger, keyId, scope);
    if (key !== undefined) return key;
    throw new ExhibitError("NOT_FOUND", `There is no key ${keyId}.`);
  }

  return {
    get: (keyId, { principal }) => findFor(principal, keyId),
    list: (query, { principal }) => listApiKeys(ledger, query, principal.scope),
    async create(request, { principal, who = principal.name }) {
      const own = principal.scope;
      const scope: Scope = {
        entrust_ids: request.scope.entrust_ids ?? own.entrust_ids,
        vendors: request.scope.vendors ?? own.vendors,
        roots: request.scope.roots ?? own.roots,
      };
      checkRoots(scope);
      checkMayMake(principal, {
        name: request.name,
        role: request.role,
        scope,
        mayNameOthers: request.may_name_others,
      });
      const made = makeApiKey();
      const view = await createApiKey(
        ledger,
        {
          id: made.id,
          name: request.name,
          role: request.role,
          scope,
          mayNameOthers: request.may_name_others,
          digest: made.digest,
          expiresAt: new Date(now() + request.expires_in_days * DAY),
        },
        { who, why: request.why },
      );
      return shown(view, made);
    },
    async rotate(keyId, request, { principal, who = principal.name }) {
      const key = await findFor(principal, keyId);
      checkMayMake(principal, { ...key, mayNameOthers: key.may_name_others });
      const made = makeApiKey(keyId);
      const view = await rotateApiKey(
        ledger,
        keyId,
        {
          digest: made.digest,
          expiresAt: new Date(now() + request.expires_in_days * DAY),
          previousUntil: new Date(now() + request.old_valid_hours * HOUR),
        },
        { who, why: request.why },
      );
      onChange();
      return shown(view, made);
    },
    async revoke(keyId, { why }, { principal, who = principal.name }) {
      await findFor(principal, keyId);
      const view = await revokeApiKey(ledger, keyId, { who, why });
      onChange();
      return view;
    },
    async audit(keyId, query, { principal }) {
      await findFor(principal, keyId);
      return await listKeyAuditEvents(ledger, keyId, query);
    },
  };
}

/** Throws AUTH_FORBIDDEN when a key would let its maker do what they may not do themselves. */
function checkMayMake(maker: Principal, key: Principal): void {
  const refusal = whyNoKeys(maker) ?? whyNotMade(maker, key);
  if (refusal !== undefined) throw refusal;
}

/** Returns why somebody can make no keys at all; undefined if they can. */
export function whyNoKeys({ mayMakeKeys }: Principal): ExhibitError | undefined {
  if (mayMakeKeys !== false) return undefined;
  return forbidden(
    "A session without HTTPS can't make keys, because its cookie may have been read by other servers of this machine. Use `exhibit keys`, or a key.",
  );
}

/** Returns why somebody can't make or rotate a key for a principal: it may more than they themselves. */
export function whyNotMade(
  maker: Principal,
  key: Omit<Principal, "name">,
): ExhibitError | undefined {
  if (!reaches(maker.role, key.role)) {
    return forbidden(
      `${maker.name} has the role ${maker.role}, and can't make a key with the role ${key.role}.`,
    );
  }
  if (!isWithin(key.scope, maker.scope)) {
    return forbidden(
      `${maker.name} can't make a key for more than its own scope: ${scopeInWords(maker.scope)}.`,
    );
  }
  if (key.mayNameOthers && !maker.mayNameOthers) {
    return forbidden(`${maker.name} may not name others, and can't make a key that may.`);
  }
  return undefined;
}

function scopeInWords(scope: Scope): string {
  if (isUnscoped(scope)) return "everything";
  const limits = Object.entries(scope).filter(([, limit]) => limit !== "all");
  return limits.map(([name, limit]) => `${name} ${[limit].flat().join(", ")}`).join("; ");
}

function forbidden(message: string): ExhibitError {
  return new ExhibitError("AUTH_FORBIDDEN", message);
}

function shown(view: KeyView, { text }: NewApiKey): NewKey {
  return { ...view, key: text };
}
