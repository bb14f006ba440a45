import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { parseConfig } from "@exhibit/config";
import { afterAll, beforeAll, expect, test } from "vitest";
import { identityProviderOf } from "../../src/identity-provider.ts";

const audience = "https://exhibit.example.com";
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
let server: Server;
let issuer: string;

/** What an OpenID provider shows to those who verify its tokens. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const key = { ...publicKey.export({ format: "jwk" }), kid: "1", alg: "ES256" };
    const isDiscovery = request.url === "/.well-known/openid-configuration";
    const body = isDiscovery ? { issuer, jwks_uri: `${issuer}/keys` } : { keys: [key] };
    response.setHeader("content-type", "application/json").end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function signed(claims: object): string {
  const now = Math.floor(Date.now() / 1000);
  const payload = { iss: issuer, aud: audience, sub: "wang", iat: now, exp: now + 60, ...claims };
  const parts = [{ alg: "ES256", kid: "1", typ: "JWT" }, payload];
  const text = parts
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = sign("sha256", Buffer.from(text), {
    key: privateKey,
    dsaEncoding: "ieee-p1363",
  });
  return `${text}.${signature.toString("base64url")}`;
}

const configWith = (access: object | undefined) =>
  parseConfig({ sources: { roots: ["/evidence"] }, access, vendors: {} }, "exhibit.yaml");

test("tokens are read as exhibit.yaml says", async () => {
  const oidc = {
    issuer,
    audience,
    typ: "JWT",
    roles_claim: "groups",
    role_map: { clerks: "producer" },
    entrusts_claim: "cases",
    vendors_claim: "places",
    roots_claim: "folders",
  };
  const verify = identityProviderOf(configWith({ oidc }))?.verifyToken;
  const claims = { groups: ["clerks"], cases: ["E-77"], places: ["kongur"], folders: ["/e/77"] };
  expect(await verify?.(signed(claims))).toEqual({
    name: `oidc:wang@${issuer.replace("http://", "")}`,
    role: "producer",
    scope: { entrust_ids: ["E-77"], vendors: ["kongur"], roots: ["/e/77"] },
    mayNameOthers: false,
  });
  expect(await verify?.(signed({ ...claims, aud: "https://other.example.com" }))).toBeUndefined();
  expect(await verify?.(signed({ ...claims, folders: undefined }))).toBeUndefined();
});

test("no tokens are taken where exhibit.yaml names no provider", () => {
  expect(identityProviderOf(configWith(undefined))).toBeUndefined();
  expect(identityProviderOf(configWith({}))).toBeUndefined();
});

const login = { client_id: "console", client_secret: "s3cret" };
const oidcOf = (more: object) => ({
  issuer,
  audience,
  roles_claim: "groups",
  role_map: { clerks: "producer" },
  ...more,
});

test("people log in as exhibit.yaml says, and come back to the address that they use", async () => {
  const documented = createServer((_, response) => {
    const { port } = documented.address() as AddressInfo;
    const own = `http://127.0.0.1:${port}`;
    const body = { issuer: own, jwks_uri: `${own}/keys`, authorization_endpoint: `${own}/auth` };
    response.setHeader("content-type", "application/json").end(JSON.stringify(body));
  });
  documented.listen(0, "127.0.0.1");
  await once(documented, "listening");
  const own = `http://127.0.0.1:${(documented.address() as AddressInfo).port}`;
  const access = { oidc: oidcOf({ issuer: own, login: { ...login, scopes: ["groups"] } }) };
  const people = identityProviderOf(configWith(access))?.loginAt("https://e.example.com/exhibit");
  const address = await people?.begin("token");
  documented.close();
  expect(address?.href.startsWith(`${own}/auth?`)).toBe(true);
  expect(Object.fromEntries(address?.searchParams ?? [])).toMatchObject({
    client_id: "console",
    redirect_uri: "https://e.example.com/exhibit/auth/callback",
    scope: "openid groups",
  });
});

test("people log in by no provider where exhibit.yaml doesn't say so", () => {
  const provider = identityProviderOf(configWith({ oidc: oidcOf({}) }));
  expect(provider?.loginAt(undefined)).toBeUndefined();
});

test.each([undefined, "http://exhibit.example.com"])(
  "people don't log in by a provider at an API whose address is %s",
  (publicUrl) => {
    const provider = identityProviderOf(configWith({ oidc: oidcOf({ login }) }));
    expect(() => provider?.loginAt(publicUrl)).toThrow("needs EXHIBIT_API_URL");
    expect(provider?.loginAt("http://127.0.0.1:7400")).toBeDefined();
  },
);
