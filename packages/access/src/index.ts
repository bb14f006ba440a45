export {
  type Authenticator,
  type AuthenticatorOptions,
  type Credentials,
  createAuthenticator,
} from "./check/authenticator.ts";
export { takenUntil } from "./check/check-key.ts";
export {
  createPeopleLogin,
  type PeopleLogin,
  type PeopleLoginOptions,
} from "./login/people-login.ts";
export { makeApiKey, type NewApiKey, parseApiKey } from "./secrets/api-key.ts";
export { makeToken, type NewToken, parseToken } from "./secrets/token.ts";
export { loginAttemptEnd, loginCodeEnd, sessionEnd, usedSince } from "./sessions/session-life.ts";
export { createDiscovery, type Discover } from "./tokens/discovery.ts";
export { createTokenVerifier, type TokenOptions } from "./tokens/token-verifier.ts";
