import { describe, expect, test } from "vitest";
import { parseConfig, secretsOf } from "../../src/index.ts";

const oidc = {
  issuer: "https://id.example.com/realms/firm",
  audience: "https://exhibit.example.com",
  roles_claim: "realm_access.roles",
  role_map: { "exhibit-ops": "ops" },
};

const parsed = (changes: object) =>
  parseConfig(
    {
      sources: { roots: ["/evidence"] },
      access: { oidc: { ...oidc, ...changes } },
      vendors: {},
    },
    "exhibit.yaml",
  );

describe("access.oidc", () => {
  test("takes access tokens by RFC 9068 unless it names another type", () => {
    expect(parsed({}).access?.oidc).toEqual({ ...oidc, typ: "at+jwt" });
    expect(parsed({ typ: "JWT" }).access?.oidc?.typ).toBe("JWT");
  });

  test.each(["http://127.0.0.1:8080", "http://localhost:8080/realm", "https://id.example.com"])(
    "takes %s for a provider",
    (issuer) => {
      expect(parsed({ issuer }).access?.oidc?.issuer).toBe(issuer);
    },
  );

  test("may say how strongly somebody must have logged in", () => {
    const strong = { acr: ["urn:strong"], amr: ["otp"] };
    expect(parsed(strong).access?.oidc).toMatchObject(strong);
  });

  const login = { client_id: "console", client_secret: "s3cret" };

  test("logs in people as a client of its own, whose secret is one", () => {
    const config = parsed({ login });
    const defaults = { token_endpoint_auth_method: "client_secret_basic", scopes: [] };
    expect(config.access?.oidc?.login).toEqual({ ...login, ...defaults });
    expect(secretsOf(config)).toEqual(["s3cret"]);
    expect(secretsOf(parsed({}))).toEqual([]);
  });

  test("refuses a client that is the audience, and repeats no secret", () => {
    const given = { login: { ...login, client_id: oidc.audience } };
    expect(() => parsed(given)).toThrow(
      "access.oidc.login.client_id: it is the audience, too, so that an ID token would be taken for an access token",
    );
    expect(() => parsed(given)).not.toThrow("s3cret");
  });

  test.each<[string, object, string]>([
    ["a login without a secret", { login: { client_id: "console" } }, "login.client_secret"],
    ["a scope that is two", { login: { ...login, scopes: ["a b"] } }, "login.scopes"],
    ["a provider without TLS", { issuer: "http://id.example.com" }, "issuer"],
    ["an issuer that isn't an address", { issuer: "firm" }, "issuer"],
    ["an issuer with a query", { issuer: "https://id.example.com/?x=1" }, "issuer"],
    ["no audience", { audience: "" }, "audience"],
    ["no class of logins", { acr: [] }, "acr"],
    ["a method that isn't a text", { amr: [7] }, "amr"],
    ["a role that there isn't", { role_map: { x: "root" } }, "role_map"],
    ["no role at all", { role_map: {} }, "role_map"],
    ["an unknown key", { client_secret: "x" }, "client_secret"],
  ])("refuses %s", (_, changes, named) => {
    expect(() => parsed(changes)).toThrow(named);
  });
});
