export {
  type Authenticator,
  type AuthenticatorOptions,
  type Credentials,
  createAuthenticator,
} from "./check/authenticator.ts";
export type { KeyRecord, SessionRecord } from "./check/records.ts";
export { makeApiKey, type NewApiKey, parseApiKey } from "./secrets/api-key.ts";
export { makeToken, type NewToken, parseToken } from "./secrets/token.ts";
export {
  endedSessionCookie,
  readSessionCookie,
  sessionCookie,
  sessionCookieName,
} from "./sessions/session-cookie.ts";
export { loginCodeEnd, sessionEnd } from "./sessions/session-life.ts";
