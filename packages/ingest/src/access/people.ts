import { loginAttemptEnd, makeToken, type PeopleLogin, parseToken } from "@exhibit/access";
import { ExhibitError } from "@exhibit/contracts";
import { createLoginAttempt, type Ledger, takeLoginAttempt } from "@exhibit/ledger";
import type { LoginPlace, OpenedSession, Sessions } from "./sessions.ts";

/** The login of people by an identity provider. */
export interface People {
  /**
   * Begins a login: the browser keeps the token, and goes to the address. `target` is where the person
   * wants to go afterwards. Rejects with SERVICE_UNREACHABLE while the provider is away.
   */
  begin(target: string): Promise<{ readonly token: string; readonly address: URL }>;
  /**
   * Ends a login, each only once, and resolves with the session that it opened, and with where the
   * person wants to go. Rejects with AUTH_REQUIRED for an answer that doesn't belong to the
   * token or doesn't prove who it is, with AUTH_FORBIDDEN for a person without a role, and with
   * SERVICE_UNREACHABLE.
   */
  finish(
    token: string | undefined,
    answer: URLSearchParams,
    at: LoginPlace,
  ): Promise<{ readonly session: OpenedSession; readonly target: string }>;
}

export interface PeopleOptions {
  readonly login: PeopleLogin;
  readonly sessions: Pick<Sessions, "open">;
  /** @defaultValue Date.now */
  readonly now?: () => number;
}

/** Creates the login of people, whose logins under way are in the ledger: any API may end them. */
export function createPeople(
  ledger: Ledger,
  { login, sessions, now = Date.now }: PeopleOptions,
): People {
  return {
    async begin(target) {
      const { token, digest } = makeToken();
      const address = await login.begin(token);
      const expiresAt = loginAttemptEnd(now());
      await createLoginAttempt(ledger, { digest, target, now: new Date(now()), expiresAt });
      return { token, address };
    },
    async finish(token = "", answer, at) {
      const digest = parseToken(token);
      // An answer to another question uses nothing up: any page can send a browser here with one.
      if (digest === undefined || !login.isAnswerTo(token, answer)) throw notBegun();
      const target = await takeLoginAttempt(ledger, digest, new Date(now()));
      if (target === undefined) throw notBegun();
      const principal = await login.finish(token, answer);
      return { session: await sessions.open(principal, at), target };
    },
  };
}

function notBegun(): ExhibitError {
  const message =
    "The login failed: this browser hasn't begun it, or it was used already, or it took too long.";
  return new ExhibitError("AUTH_REQUIRED", message);
}
