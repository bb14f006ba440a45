import { createHash } from "node:crypto";
import { everything } from "@exhibit/contracts";
import { importJWK, type JWK, type JWTHeaderParameters, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createTokenVerifier, type TokenOptions } from "../../src/index.ts";
import { audience, makeKey, type OidcProvider, startProvider } from "../../src/testing/index.ts";

let provider: OidcProvider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.stop());
afterEach(() => vi.useRealTimers());

function verifier(changes: Partial<TokenOptions> = {}) {
  return createTokenVerifier({
    issuer: provider.issuer,
    audience,
    typ: "at+jwt",
    rolesClaim: "roles",
    roleMap: { "exhibit-viewer": "viewer", "exhibit-ops": "ops" },
    ...changes,
  });
}

const now = () => Math.floor(Date.now() / 1000);

/** What a token of the provider says, unless a test changes it. */
const good = () => ({
  iss: provider.issuer,
  aud: audience,
  sub: "wang",
  iat: now(),
  exp: now() + 300,
  roles: ["exhibit-viewer"],
});

/** Signs what a test says with a key: that of the provider, so that only the rest is wrong. */
async function signed(
  claims: object,
  { header = {}, key = provider.jwks[0] as JWK }: { header?: object; key?: JWK } = {},
): Promise<string> {
  const { alg, kid } = key as { alg: string; kid: string };
  const protectedHeader: JWTHeaderParameters = { alg, kid, typ: "at+jwt", ...header };
  const signer = new SignJWT({ ...claims }).setProtectedHeader(protectedHeader);
  return await signer.sign(await importJWK(key, alg), {
    crit: Object.fromEntries((protectedHeader.crit ?? []).map((name) => [name, true])),
  });
}

describe("A token of the provider", () => {
  test("is its holder, with the role that its claims stand for", async () => {
    const verify = verifier();
    const host = provider.issuer.replace("http://", "");
    expect(await verify(await provider.token({ roles: ["exhibit-ops", "other"] }))).toEqual({
      name: `oidc:scanner@${host}`,
      role: "ops",
      scope: everything,
      mayNameOthers: false,
    });
  });

  test("is taken whichever of its keys signed it", async () => {
    expect(await verifier()(await signed(good(), { key: provider.jwks[1] as JWK }))).toBeDefined();
    expect(await verifier()(await signed(good()))).toBeDefined();
  });

  test("costs one request for the discovery document and one for the keys", async () => {
    const verify = verifier();
    const before = provider.asked.length;
    const token = await signed(good());
    await Promise.all(Array.from({ length: 20 }, () => verify(token)));
    await verify(await signed(good()));
    const paths = provider.asked.slice(before);
    expect(paths.sort()).toEqual(["/.well-known/openid-configuration", "/jwks"]);
  });
});

describe("A token is refused", () => {
  test.each<[string, object]>([
    ["for another audience", { aud: "https://other.example" }],
    ["of another issuer", { iss: "https://other.example" }],
    ["that has expired", { exp: now() - 60 }],
    ["that isn't valid yet", { nbf: now() + 600 }],
    ["without an end", { exp: undefined }],
    ["without a beginning", { iat: undefined }],
    ["without a holder", { sub: undefined }],
    ["whose holder can't be shown", { sub: "wa\u202eng" }],
    ["without a role", { roles: undefined }],
    ["with roles that stand for nothing", { roles: ["other", "constructor", "__proto__"] }],
    ["with a role of another form", { roles: [{ name: "exhibit-ops" }] }],
  ])("%s", async (_, changes) => {
    expect(await verifier()(await signed({ ...good(), ...changes }))).toBeUndefined();
  });

  test("of the provider for another audience", async () => {
    const token = await provider.token({ roles: ["exhibit-ops"] }, "https://other.example/api");
    expect(await verifier()(token)).toBeUndefined();
  });

  test("that is an ID token: it has another type", async () => {
    const token = await signed(good(), { header: { typ: "JWT" } });
    expect(await verifier()(token)).toBeUndefined();
    expect(await verifier({ typ: "JWT" })(token)).toBeDefined();
  });

  test("without a signature", async () => {
    expect(await verifier()(new UnsecuredJWT(good()).encode())).toBeUndefined();
  });

  test("that is signed with the public key as a shared secret", async () => {
    const { d: _, ...open } = provider.jwks[0] as JWK;
    const secret = new TextEncoder().encode(JSON.stringify(open));
    const header = { alg: "HS256", kid: "first", typ: "at+jwt" };
    const token = await new SignJWT(good()).setProtectedHeader(header).sign(secret);
    expect(await verifier()(token)).toBeUndefined();
  });

  test("that is signed by somebody else with the id of the provider's key", async () => {
    const key = await makeKey("ES256", "first");
    expect(await verifier()(await signed(good(), { key }))).toBeUndefined();
  });

  test("that brings its key, or the address of one, itself", async () => {
    await using stranger = await startProvider();
    const [key] = stranger.jwks as [JWK];
    const { d: _, ...open } = key;
    for (const header of [
      { jwk: open },
      { jku: `${stranger.issuer}/jwks` },
      { x5u: `${stranger.issuer}/jwks` },
    ]) {
      expect(await verifier()(await signed(good(), { key, header }))).toBeUndefined();
    }
    expect(stranger.asked).toEqual([]);
  });

  test("that demands what isn't understood", async () => {
    const header = { crit: ["exp-policy"], "exp-policy": 1 };
    expect(await verifier()(await signed(good(), { header }))).toBeUndefined();
  });

  test.each(["", "x", "a.b.c", "a.b.c.d.e", `${"a".repeat(100_000)}.b.c`])(
    "that isn't one",
    async (text) => {
      expect(await verifier()(text)).toBeUndefined();
    },
  );

  test("whose key the provider doesn't know, without asking it each time", async () => {
    const verify = verifier();
    const key = await makeKey("ES256", "unknown");
    const before = provider.asked.length;
    for (let round = 0; round < 100; round++) {
      const claims = { ...good(), jti: createHash("sha1").update(`${round}`).digest("hex") };
      expect(await verify(await signed(claims, { key }))).toBeUndefined();
    }
    const paths = provider.asked.slice(before);
    expect(paths.filter((path) => path === "/jwks")).toHaveLength(1);
  });

  test("with an algorithm that a key of the provider fits but that isn't taken", async () => {
    const unbound = provider.jwks[2] as JWK;
    const taken = { ...unbound, alg: "PS256" };
    expect(await verifier()(await signed(good(), { key: taken }))).toBeDefined();
    const other = { ...unbound, alg: "RS512" };
    expect(await verifier()(await signed(good(), { key: other }))).toBeUndefined();
  });
});

describe("The claims of a token", () => {
  const principalOf = async (claims: object, changes: Partial<TokenOptions> = {}) =>
    verifier(changes)(await signed({ ...good(), ...claims }));

  test("give the highest role that one of them stands for", async () => {
    expect(await principalOf({ roles: "exhibit-viewer" })).toMatchObject({ role: "viewer" });
    const roles = ["exhibit-viewer", "exhibit-ops"];
    expect(await principalOf({ roles })).toMatchObject({ role: "ops" });
  });

  test("may lie deeper, as Keycloak has them, or have dots in their names", async () => {
    const roles = ["exhibit-ops"];
    expect(
      await principalOf({ realm_access: { roles } }, { rolesClaim: "realm_access.roles" }),
    ).toMatchObject({ role: "ops" });
    const claim = "https://firm.example/roles";
    expect(await principalOf({ [claim]: roles }, { rolesClaim: claim })).toMatchObject({
      role: "ops",
    });
    expect(await principalOf({}, { rolesClaim: "roles.length" })).toBeUndefined();
    expect(await principalOf({}, { rolesClaim: "constructor.name" })).toBeUndefined();
  });

  const limits = { entrustsClaim: "entrusts", vendorsClaim: "vendors", rootsClaim: "roots" };

  test("limit the scope", async () => {
    const claims = { entrusts: ["E-77"], vendors: "kongur", roots: ["/evidence/77"] };
    expect(await principalOf(claims, limits)).toMatchObject({
      scope: { entrust_ids: ["E-77"], vendors: ["kongur"], roots: ["/evidence/77"] },
    });
    const all = { entrusts: "all", vendors: ["all"], roots: ["all"] };
    expect(await principalOf(all, limits)).toMatchObject({ scope: everything });
  });

  test.each<[string, object]>([
    ["missing", {}],
    ["empty", { entrusts: [] }],
    ["null", { entrusts: null }],
    ["of another form", { entrusts: { "E-77": true } }],
    ["with something else in it", { entrusts: ["E-77", 7] }],
    ["with a text that can't be an id", { entrusts: ["E-\u202e77"] }],
  ])("give no right where one that limits the scope is %s", async (_, claims) => {
    expect(await principalOf(claims, { entrustsClaim: "entrusts" })).toBeUndefined();
  });
});

test("A token says how strongly its holder has logged in, where that is asked for", async () => {
  const claims = { acr: "urn:strong", amr: ["pwd", "otp"] };
  const taken = async (rules: Partial<TokenOptions>, more: object = claims) =>
    (await verifier(rules)(await signed({ ...good(), ...more }))) !== undefined;
  expect(await taken({ acr: ["urn:strong", "urn:stronger"] })).toBe(true);
  expect(await taken({ amr: ["otp"] })).toBe(true);
  expect(await taken({ acr: ["urn:strong"], amr: ["otp", "pwd"] })).toBe(true);
  expect(await taken({ acr: ["urn:stronger"] })).toBe(false);
  expect(await taken({ acr: ["urn:strong"], amr: ["hwk"] })).toBe(false);
  expect(await taken({ amr: ["otp", "hwk"] })).toBe(false);
  // No claim, no right.
  expect(await taken({ acr: ["urn:strong"] }, {})).toBe(false);
  expect(await taken({ amr: ["otp"] }, { amr: "otp-not" })).toBe(false);
});

describe("A provider", () => {
  test("that changes its keys is asked for the new ones, and its old tokens end", async () => {
    const first = await startProvider({ kid: "old" });
    const verify = verifier({ issuer: first.issuer });
    const old = await first.token({ roles: ["exhibit-ops"] });
    expect(await verify(old)).toBeDefined();
    await first.stop();
    await using second = await startProvider({ port: first.port, kid: "new" });
    const token = await second.token({ roles: ["exhibit-ops"] });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
    expect(await verify(token)).toBeDefined();
    expect(await verify(old)).toBeUndefined();
  });

  test("that is away isn't needed while its keys are known, and else that is said", async () => {
    const gone = await startProvider();
    const [known, unknown] = [verifier({ issuer: gone.issuer }), verifier({ issuer: gone.issuer })];
    const token = await gone.token({ roles: ["exhibit-ops"] });
    expect(await known(token)).toBeDefined();
    await gone.stop();
    expect(await known(token)).toBeDefined();
    const error = { code: "SERVICE_UNREACHABLE", message: expect.stringContaining(gone.issuer) };
    await expect(unknown(token)).rejects.toMatchObject(error);
    // It comes back, and is asked again after half a minute.
    await using back = await startProvider({ port: gone.port });
    const again = await back.token({ roles: ["exhibit-ops"] });
    await expect(unknown(again)).rejects.toMatchObject(error);
    expect(back.asked.filter((path) => path.startsWith("/.well-known"))).toEqual([]);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
    expect(await unknown(again)).toBeDefined();
  });

  test("whose document names another issuer isn't believed", async () => {
    const issuer = provider.issuer.replace("127.0.0.1", "localhost");
    const token = await signed({ ...good(), iss: issuer });
    await expect(verifier({ issuer })(token)).rejects.toMatchObject({
      code: "SERVICE_UNREACHABLE",
      message: expect.stringContaining("names another issuer"),
    });
  });

  test("is not asked for a token that is malformed", async () => {
    const before = provider.asked.length;
    await verifier()("not a token");
    expect(provider.asked.slice(before)).toEqual([]);
  });
});
