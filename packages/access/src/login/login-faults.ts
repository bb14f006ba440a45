import { ExhibitError } from "@exhibit/contracts";
import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from "openid-client";
import { providerAway } from "../tokens/discovery.ts";

/** What the library says of a provider that doesn't answer, or not as a provider does. */
const AWAY: ReadonlySet<string> = new Set([
  "OAUTH_TIMEOUT",
  "OAUTH_RESPONSE_IS_NOT_CONFORM",
  "OAUTH_RESPONSE_IS_NOT_JSON",
  "OAUTH_PARSE_ERROR",
]);

/**
 * Returns the error for a login that failed. What the provider or an address says isn't repeated: the
 * one may hold a code, and anybody can write the other.
 */
export function loginFault(issuer: string, thrown: unknown): ExhibitError {
  if (thrown instanceof ExhibitError) return thrown;
  if (thrown instanceof AuthorizationResponseError) {
    return refused("the provider didn't let the person in");
  }
  // The provider says so, in either form, when our client isn't known there or its secret is wrong.
  const isChallenge = thrown instanceof WWWAuthenticateChallengeError;
  const error = thrown instanceof ResponseBodyError ? thrown.error : undefined;
  if (isChallenge || error === "invalid_client" || error === "unauthorized_client") {
    return providerAway(issuer, "it doesn't know our client_id or client_secret");
  }
  if (error !== undefined) return refused("the provider doesn't take the code for this login");
  if (thrown instanceof ClientError && !AWAY.has(thrown.code ?? "") && thrown.code !== undefined) {
    return refused("the provider's answer doesn't prove who logged in", thrown.code);
  }
  // The library's own errors hold the provider's answer, with its tokens; those of the network don't.
  const cause = thrown instanceof TypeError ? thrown : undefined;
  return providerAway(issuer, "it doesn't answer as a provider does", cause);
}

function refused(reason: string, library?: string): ExhibitError {
  return new ExhibitError("AUTH_REQUIRED", `The login failed: ${reason}.`, {
    details: library === undefined ? {} : { reason: library },
  });
}
