import { ExhibitError, type Principal } from "@exhibit/contracts";
import { errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { type ClaimRules, isStrongEnough, principalOfClaims } from "./claims.ts";
import { createDiscovery, type Discover, providerAway } from "./discovery.ts";

export interface TokenOptions extends ClaimRules {
  /** Whom its tokens must be for: this API, and not the client that gets them. */
  readonly audience: string;
  /** The type that its tokens name: `at+jwt` by RFC 9068, `JWT` for Entra ID and Keycloak. */
  readonly typ: string;
}

/** Only signatures with a public key: with a shared one, whoever verifies could sign as well. */
const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"];
/** Seconds that a provider's clock may differ from ours. */
const CLOCK_TOLERANCE = 30;

/**
 * Creates the check of bearer tokens that an OpenID provider issues. It resolves with undefined for
 * a token that isn't valid here, and rejects with SERVICE_UNREACHABLE while the provider's keys can't
 * be read. Addresses of keys that a token names itself are ignored.
 */
export function createTokenVerifier(
  { issuer, audience, typ, ...rules }: TokenOptions,
  discover: Discover = createDiscovery(issuer),
): (token: string) => Promise<Principal | undefined> {
  const keyOf: JWTVerifyGetKey = async (header, token) => {
    const { keys } = await discover();
    try {
      return await keys(header, token);
    } catch (thrown) {
      if (tokenFaults.some((kind) => thrown instanceof kind)) throw thrown;
      throw providerAway(issuer, "its keys can't be read", thrown);
    }
  };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keyOf, {
        issuer,
        audience,
        typ,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE,
        requiredClaims: ["exp", "iat", "sub"],
      });
      const all = { issuer, ...rules };
      return isStrongEnough(payload, all) ? principalOfClaims(payload, all) : undefined;
    } catch (thrown) {
      if (thrown instanceof ExhibitError) throw thrown;
      return undefined;
    }
  };
}

/** No key of the provider fits the token. */
const tokenFaults = [
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
  errors.JOSENotSupported,
];
