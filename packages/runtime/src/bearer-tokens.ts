import { createTokenVerifier } from "@exhibit/access";
import type { ExhibitConfig } from "@exhibit/config";
import type { Principal } from "@exhibit/contracts";

/** Returns the check of bearer tokens that a configuration asks for; undefined where it takes none. */
export function tokenVerifierOf({
  access,
}: ExhibitConfig): ((token: string) => Promise<Principal | undefined>) | undefined {
  const oidc = access?.oidc;
  if (oidc === undefined) return undefined;
  return createTokenVerifier({
    issuer: oidc.issuer,
    audience: oidc.audience,
    typ: oidc.typ,
    rolesClaim: oidc.roles_claim,
    roleMap: oidc.role_map,
    entrustsClaim: oidc.entrusts_claim,
    vendorsClaim: oidc.vendors_claim,
    rootsClaim: oidc.roots_claim,
  });
}
