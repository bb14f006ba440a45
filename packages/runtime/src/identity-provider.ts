import {
  createDiscovery,
  createPeopleLogin,
  createTokenVerifier,
  type PeopleLogin,
} from "@exhibit/access";
import type { ExhibitConfig } from "@exhibit/config";
import { ExhibitError, hostOf, isLoopback, type Principal } from "@exhibit/contracts";

/** The OpenID provider that knows programs and people. */
export interface IdentityProvider {
  /** Checks its bearer tokens. */
  verifyToken(token: string): Promise<Principal | undefined>;
  /**
   * Returns the login of people at an API with this address (EXHIBIT_API_URL); undefined where the
   * configuration has none. Throws CONFIG_INVALID for an address to which no browser may be sent with
   * a code.
   */
  loginAt(publicUrl: string | undefined): PeopleLogin | undefined;
}

/** Returns the provider that a configuration names; undefined where it names none. */
export function identityProviderOf({ access }: ExhibitConfig): IdentityProvider | undefined {
  const oidc = access?.oidc;
  if (oidc === undefined) return undefined;
  const { issuer, audience, typ, login } = oidc;
  const discover = createDiscovery(issuer);
  const rules = {
    issuer,
    rolesClaim: oidc.roles_claim,
    roleMap: oidc.role_map,
    entrustsClaim: oidc.entrusts_claim,
    vendorsClaim: oidc.vendors_claim,
    rootsClaim: oidc.roots_claim,
    acr: oidc.acr,
    amr: oidc.amr,
  };
  return {
    verifyToken: createTokenVerifier({ ...rules, audience, typ }, discover),
    loginAt(publicUrl) {
      if (login === undefined) return undefined;
      const client = {
        clientId: login.client_id,
        clientSecret: login.client_secret,
        authMethod: login.token_endpoint_auth_method,
        scopes: login.scopes,
        redirectUri: `${safeAddress(publicUrl)}/auth/callback`,
      };
      return createPeopleLogin({ ...rules, ...client }, discover);
    },
  };
}

/** The code in the address must reach nobody else on the way. */
function safeAddress(publicUrl: string | undefined): string {
  const { protocol, host } = new URL(publicUrl ?? "none:");
  if (publicUrl !== undefined && (protocol === "https:" || isLoopback(hostOf(host) ?? ""))) {
    return publicUrl;
  }
  throw new ExhibitError(
    "CONFIG_INVALID",
    "access.oidc.login needs EXHIBIT_API_URL: the address that people use, by https:// (or on this machine). The provider sends their browsers back there, to /auth/callback.",
  );
}
