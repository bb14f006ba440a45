import {
  loginCodeEnd,
  makeToken,
  parseApiKey,
  parseToken,
  sessionEnd,
  takenUntil,
  usedSince,
} from "@exhibit/access";
import type { EndSessionRequest, Principal, SessionView } from "@exhibit/contracts";
import {
  createLoginCode,
  createSession,
  endOpenSession,
  endSession,
  findApiKey,
  type Ledger,
  listOpenSessions,
  type NewSession,
  type Page,
  takeLoginCode,
} from "@exhibit/ledger";
import type { KeyMaker } from "./keys.ts";

/** What somebody logs in with: their key, or the code of a one-time link. */
export type LoginProof = { readonly key: string } | { readonly code: string };

/** Where somebody logs in. */
export interface LoginPlace {
  /** Whether the session's cookie is one that no other server of the same host may see. */
  readonly isSecure: boolean;
  /** The address that the request came from. */
  readonly from?: string | undefined;
}

/** A session that was just started. */
export interface OpenedSession {
  /** What its browser holds. */
  readonly token: string;
  /** Whose it is, as the audit log names them. */
  readonly who: string;
}

/** The sessions of browsers. */
export interface Sessions {
  /** Starts a session, on record; undefined when the proof isn't valid (any more). */
  start(proof: LoginProof, at: LoginPlace): Promise<OpenedSession | undefined>;
  /** Starts a session, on record, for somebody whom the identity provider knows. */
  open(principal: Principal, at: LoginPlace): Promise<OpenedSession>;
  /**
   * Returns a page of the sessions that are open, the oldest first: one's own, or for an administrator
   * all of those within their scope.
   */
  list(
    query: { limit: number; after?: string | undefined },
    by: KeyMaker,
  ): Promise<Page<SessionView>>;
  /** Ends one of these, on record. Throws NOT_FOUND for any other. */
  revoke(sessionId: string, request: EndSessionRequest, by: KeyMaker): Promise<SessionView>;
  /**
   * Ends the session with this token, on record, and returns whose it was; undefined if there is none.
   */
  end(token: string, from?: string): Promise<string | undefined>;
  /**
   * Returns a code by which a browser gets a session with a key, once and within ten minutes;
   * undefined when the key isn't valid.
   */
  makeCode(key: string): Promise<string | undefined>;
}

export interface SessionsOptions {
  /** Is called after a session has ended. */
  readonly onChange?: () => void;
  /** @defaultValue Date.now */
  readonly now?: () => number;
}

/** A key that is valid, and until when. */
interface ValidKey {
  readonly id: string;
  readonly principal: Principal;
  readonly until: Date;
}

export function createSessions(
  ledger: Ledger,
  { onChange = () => {}, now = Date.now }: SessionsOptions = {},
): Sessions {
  async function byKey(text: string): Promise<ValidKey | undefined> {
    const parsed = parseApiKey(text);
    if (parsed === undefined) return undefined;
    const key = await findApiKey(ledger, parsed.id);
    const until = takenUntil(key, parsed.digest, now());
    return key && until && { id: key.id, principal: key.principal, until };
  }

  async function byCode(text: string): Promise<ValidKey | undefined> {
    const digest = parseToken(text);
    const id = digest && (await takeLoginCode(ledger, digest, new Date(now())));
    const key = id === undefined ? undefined : await findApiKey(ledger, id);
    if (key === undefined || key.revokedAt !== null || now() >= key.expiresAt.getTime()) {
      return undefined;
    }
    return { id: key.id, principal: key.principal, until: key.expiresAt };
  }

  async function open(
    principal: Principal,
    by: NewSession["by"],
    { isSecure: secure, from }: LoginPlace,
    key?: ValidKey,
  ): Promise<OpenedSession> {
    const { token, digest } = makeToken();
    await createSession(ledger, {
      digest,
      principal,
      keyId: key?.id ?? null,
      secure,
      by,
      from,
      now: new Date(now()),
      expiresAt: sessionEnd(now(), { secure, keyExpiresAt: key?.until }),
    });
    return { token, who: principal.name };
  }

  /** Everybody sees their own; an administrator those of all whom they could make a key for. */
  function inSightOf({ name, role, scope }: Principal) {
    const times = { now: new Date(now()), usedSince: usedSince(now()) };
    return { ...times, scope, name: role === "admin" ? undefined : name };
  }

  return {
    list: (query, { principal }) => listOpenSessions(ledger, query, inSightOf(principal)),
    async revoke(id, { why }, { principal, who = principal.name }) {
      const ended = await endOpenSession(ledger, id, inSightOf(principal), { who, why });
      onChange();
      return ended;
    },
    async start(proof, at) {
      const isKey = "key" in proof;
      const key = await (isKey ? byKey(proof.key) : byCode(proof.code));
      return key && open(key.principal, isKey ? "key" : "link", at, key);
    },
    open: (principal, at) => open(principal, "provider", at),
    async end(token, from) {
      const digest = parseToken(token);
      if (digest === undefined) return undefined;
      const who = await endSession(ledger, digest, from);
      onChange();
      return who;
    },
    async makeCode(text) {
      const key = await byKey(text);
      if (key === undefined) return undefined;
      const { token, digest } = makeToken();
      const expiresAt = loginCodeEnd(now());
      await createLoginCode(ledger, { digest, keyId: key.id, now: new Date(now()), expiresAt });
      return token;
    },
  };
}
