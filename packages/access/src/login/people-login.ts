import { ExhibitError, type Principal } from "@exhibit/contracts";
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  enableNonRepudiationChecks,
  fetchUserInfo,
  type ServerMetadata,
  WWWAuthenticateChallengeError,
} from "openid-client";
import { type ClaimRules, isStrongEnough, principalOfClaims } from "../tokens/claims.ts";
import { createDiscovery, type Discover, providerAway, TIMEOUT_MS } from "../tokens/discovery.ts";
import { loginFault } from "./login-faults.ts";
import { loginSecrets } from "./login-secret.ts";

export interface PeopleLoginOptions extends ClaimRules {
  /** As whom this API asks the provider. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** How it shows its secret. */
  readonly authMethod: "client_secret_basic" | "client_secret_post";
  /** What is asked for besides `openid`, such as the scope that brings the roles. */
  readonly scopes: readonly string[];
  /** Where the provider sends browsers back to. */
  readonly redirectUri: string;
}

/** The login of people by an OpenID provider: the code flow with PKCE, state and nonce. */
export interface PeopleLogin {
  /**
   * Returns where a browser goes to log in. `token` is what the browser holds; 256 random bits.
   * Rejects with SERVICE_UNREACHABLE.
   */
  begin(token: string): Promise<URL>;
  /** Returns whether an answer of the provider belongs to what the browser with this token asked. */
  isAnswerTo(token: string, answer: URLSearchParams): boolean;
  /**
   * Resolves with who logged in. Rejects with AUTH_REQUIRED if the answer doesn't prove it, with
   * AUTH_FORBIDDEN if the person has no role here, and with SERVICE_UNREACHABLE.
   */
  finish(token: string, answer: URLSearchParams): Promise<Principal>;
}

/** Creates the login of people by an OpenID provider. */
export function createPeopleLogin(
  options: PeopleLoginOptions,
  discover: Discover = createDiscovery(options.issuer),
): PeopleLogin {
  const { issuer, redirectUri } = options;
  const scope = [...new Set(["openid", ...options.scopes])].join(" ");

  async function client(): Promise<Configuration> {
    const { document } = await discover();
    return clientOf(options, document as ServerMetadata);
  }

  return {
    async begin(token) {
      const { state, nonce, challenge } = loginSecrets(token);
      const parameters = {
        redirect_uri: redirectUri,
        scope,
        state,
        nonce,
        code_challenge: challenge,
        code_challenge_method: "S256",
        ...(options.acr && { acr_values: options.acr.join(" ") }),
      };
      const configuration = await client();
      try {
        return buildAuthorizationUrl(configuration, parameters);
      } catch (thrown) {
        throw providerAway(
          issuer,
          "its discovery document doesn't say where people log in",
          thrown,
        );
      }
    },
    isAnswerTo: (token, answer) => answer.get("state") === loginSecrets(token).state,
    async finish(token, answer) {
      const { state, nonce, verifier } = loginSecrets(token);
      const configuration = await client();
      const here = new URL(redirectUri);
      here.search = answer.toString();
      try {
        const answered = await authorizationCodeGrant(configuration, here, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        const own = answered.claims();
        if (own === undefined) throw new TypeError("The library gave no ID token.");
        if (!isStrongEnough(own, options)) throw isTooWeak(own.sub, issuer);
        const known = principalOfClaims(own, options);
        if (known !== undefined) return known;
        const further = await furtherClaims(configuration, answered.access_token, own.sub);
        const principal = principalOfClaims({ ...further, ...own }, options);
        if (principal === undefined) throw hasNoRole(own.sub, issuer);
        return principal;
      } catch (thrown) {
        throw loginFault(issuer, thrown);
      }
    },
  };
}

function isTooWeak(sub: string, issuer: string): ExhibitError {
  const message = `${sub} has logged in at ${issuer}, but not as strongly as access.oidc demands (acr, amr).`;
  return new ExhibitError("AUTH_FORBIDDEN", message);
}

function hasNoRole(sub: string, issuer: string): ExhibitError {
  const message = `${sub} has logged in at ${issuer}, but has no role here.`;
  return new ExhibitError("AUTH_FORBIDDEN", message);
}

/** Some providers tell the roles at the userinfo endpoint alone. */
async function furtherClaims(
  client: Configuration,
  accessToken: string,
  sub: string,
): Promise<object> {
  if (client.serverMetadata().userinfo_endpoint === undefined) return {};
  return await fetchUserInfo(client, accessToken, sub).catch((thrown: unknown) => {
    // The token is for another audience: so it isn't there that this provider tells the roles.
    if (thrown instanceof WWWAuthenticateChallengeError) return {};
    throw thrown;
  });
}

function clientOf(
  { issuer, clientId, clientSecret, authMethod }: PeopleLoginOptions,
  document: ServerMetadata,
): Configuration {
  const isPost = authMethod === "client_secret_post";
  const authenticate = isPost ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret);
  const client = new Configuration(document, clientId, {}, authenticate);
  client.timeout = TIMEOUT_MS / 1000;
  // The library believes a token that comes from the provider itself without looking at its signature.
  enableNonRepudiationChecks(client);
  // The configuration lets a provider do without TLS on this very machine alone.
  if (issuer.startsWith("http:")) allowInsecureRequests(client);
  return client;
}
