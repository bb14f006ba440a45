import { type AuthenticatorOptions, type Credentials, createAuthenticator } from "@exhibit/access";
import type { Principal } from "@exhibit/contracts";
import {
  findApiKey,
  findSession,
  type Ledger,
  notePerson,
  touchApiKey,
  touchSession,
} from "@exhibit/ledger";
import { type AccessList, createAccessList } from "./access-list.ts";
import { createKeys, type Keys } from "./keys.ts";
import { createSessions, type Sessions } from "./sessions.ts";

/** Who may use the API: its keys, the sessions of browsers, and the check of both. */
export interface Access {
  readonly keys: Keys;
  readonly sessions: Sessions;
  /** Everybody who has come in or can come in. */
  readonly accessList: AccessList;
  /**
   * Resolves with the principal on whose authority a request acts; with undefined if it doesn't name
   * one, or what it shows isn't valid. Rejects if the ledger can't be asked.
   */
  authenticate(credentials: Credentials): Promise<Principal | undefined>;
}

/** Creates what a process needs to know who sends it requests, with the ledger behind it. */
export function createAccess(
  ledger: Ledger,
  options: Pick<AuthenticatorOptions, "verifyToken" | "now"> = {},
): Access {
  const authenticator = createAuthenticator({
    findKey: (id) => findApiKey(ledger, id),
    findSession: (digest) => findSession(ledger, digest),
    touchKey: (id, at) => touchApiKey(ledger, id, at),
    touchSession: (digest, at) => touchSession(ledger, digest, at),
    touchPerson: (principal, at) => notePerson(ledger, principal, at),
    ...options,
  });
  const changes = { ...options, onChange: authenticator.forget };
  return {
    keys: createKeys(ledger, changes),
    sessions: createSessions(ledger, changes),
    accessList: createAccessList(ledger, options),
    authenticate: authenticator.authenticate,
  };
}
