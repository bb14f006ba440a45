import { hostOf, isLoopback, role } from "@exhibit/contracts";
import { z } from "zod";

const claim = z.string().min(1).max(200);

/** Whose bearer tokens are taken, and what their claims mean. */
export const oidc = z.strictObject({
  issuer: z.string().refine(isIssuer, { error: "it must be an address that begins with https://" }),
  audience: z.string().min(1),
  typ: z.string().min(1).default("at+jwt"),
  roles_claim: claim,
  role_map: z.record(z.string().min(1), role).refine((map) => Object.keys(map).length > 0, {
    error: "it is empty, so nobody could do anything",
  }),
  entrusts_claim: claim.optional(),
  vendors_claim: claim.optional(),
  roots_claim: claim.optional(),
});
export type OidcConfig = z.output<typeof oidc>;

/** HTTPS, or a provider on this very machine. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, host, search, hash } = new URL(text);
  if (search !== "" || hash !== "") return false;
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostOf(host) ?? ""));
}
