import { hostOf, isLoopback, role } from "@exhibit/contracts";
import { z } from "zod";

const claim = z.string().min(1).max(200);

/** How people log in at the provider: as whom this API asks there. */
const login = z.strictObject({
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  token_endpoint_auth_method: z
    .enum(["client_secret_basic", "client_secret_post"])
    .default("client_secret_basic"),
  /** Asked for besides `openid`. */
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "it isn't a scope")).default([]),
});

/** Whose bearer tokens are taken and who logs in people, and what the claims mean. */
const shape = z.strictObject({
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
  /** How strongly people and programs must have logged in; not asked for unless it is given. */
  acr: z.array(claim).min(1).optional(),
  amr: z.array(claim).min(1).optional(),
  login: login.optional(),
});
/** An ID token is for the client: it must never be taken for a token that is for the API. */
export const oidc = shape.refine(({ audience, login }) => login?.client_id !== audience, {
  error: "it is the audience, too, so that an ID token would be taken for an access token",
  path: ["login", "client_id"],
});
export type OidcConfig = z.output<typeof oidc>;

/** HTTPS, or a provider on this very machine. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, host, search, hash } = new URL(text);
  if (search !== "" || hash !== "") return false;
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostOf(host) ?? ""));
}
