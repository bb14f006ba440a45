import { everything } from "@exhibit/contracts";
import { importJWK, type JWK, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  createPeopleLogin,
  makeToken,
  type PeopleLogin,
  type PeopleLoginOptions,
} from "../../src/index.ts";
import {
  consoleClient,
  logInAt,
  makeKey,
  type OidcProvider,
  startProvider,
} from "../../src/testing/index.ts";

const redirectUri = "https://exhibit.example.com/sub/auth/callback";
let provider: OidcProvider;
let token: string;
beforeAll(async () => {
  provider = await startProvider({ redirectUri });
  provider.people.set("wang", { roles: ["clerks"], entrusts: ["E-77"] });
  provider.people.set("li", { roles: ["others"] });
});
afterAll(() => provider.stop());
beforeEach(() => {
  token = makeToken().token;
});
afterEach(() => provider.answerBy(undefined));

function loginAt(
  { issuer }: Pick<OidcProvider, "issuer">,
  changes: Partial<PeopleLoginOptions> = {},
): PeopleLogin {
  return createPeopleLogin({
    issuer,
    clientId: consoleClient.client_id,
    clientSecret: consoleClient.client_secret,
    authMethod: "client_secret_basic",
    scopes: ["profile"],
    redirectUri,
    rolesClaim: "roles",
    roleMap: { clerks: "producer" },
    entrustsClaim: "entrusts",
    ...changes,
  });
}

/** Logs somebody in and returns what the provider's answer says, which a test may change. */
async function answered(login: PeopleLogin, name = "wang"): Promise<URLSearchParams> {
  return (await logInAt(await login.begin(token), name, redirectUri)).searchParams;
}

const refused = { code: "AUTH_REQUIRED" };
const away = { code: "SERVICE_UNREACHABLE" };

describe("A login by the provider", () => {
  test("is asked for as strongly as the rules demand, and refused if it isn't", async () => {
    const login = loginAt(provider, { acr: ["urn:strong", "urn:stronger"], amr: ["otp"] });
    const { searchParams } = await login.begin(token);
    expect(searchParams.get("acr_values")).toBe("urn:strong urn:stronger");
    const weak = loginAt(provider, { amr: ["otp"] });
    await expect(weak.finish(token, await answered(weak))).rejects.toMatchObject({
      code: "AUTH_FORBIDDEN",
      message: expect.stringContaining("not as strongly"),
    });
  });

  test("asks by the code flow, with PKCE, state and nonce, and shows no secret", async () => {
    const address = await loginAt(provider, { scopes: ["profile", "openid"] }).begin(token);
    expect(address.origin).toBe(provider.issuer);
    const { state, nonce, code_challenge, ...rest } = Object.fromEntries(address.searchParams);
    expect(rest).toEqual({
      response_type: "code",
      client_id: consoleClient.client_id,
      redirect_uri: redirectUri,
      scope: "openid profile",
      code_challenge_method: "S256",
    });
    for (const random of [state, nonce, code_challenge]) expect(random).toMatch(/^[\w-]{43}$/);
    expect(new Set([state, nonce, code_challenge]).size).toBe(3);
    expect(address.href).not.toContain(token);
    expect(address.href).not.toContain(consoleClient.client_secret);
    const other = await loginAt(provider).begin(makeToken().token);
    for (const name of ["state", "nonce", "code_challenge"]) {
      expect(other.searchParams.get(name)).not.toBe(address.searchParams.get(name));
    }
  });

  test("ends with who it is, by the same claims as a bearer token", async () => {
    const login = loginAt(provider);
    const answer = await answered(login);
    expect(login.isAnswerTo(token, answer)).toBe(true);
    expect(login.isAnswerTo(makeToken().token, answer)).toBe(false);
    expect(await login.finish(token, answer)).toEqual({
      name: `oidc:wang@${provider.issuer.replace("http://", "")}`,
      role: "producer",
      scope: { ...everything, entrust_ids: ["E-77"] },
      mayNameOthers: false,
    });
  });

  test("shows the client's secret as the provider expects it", async () => {
    for (const [authMethod, asked] of [
      ["client_secret_basic", "/token (Basic)"],
      ["client_secret_post", "/token"],
    ] as const) {
      const login = loginAt(provider, { authMethod });
      const answer = await answered(login);
      provider.asked.length = 0;
      await login.finish(token, answer);
      expect(provider.asked).toContain(asked);
    }
  });

  test("reads the roles at the userinfo endpoint if the ID token doesn't tell them", async () => {
    await using quiet = await startProvider({ redirectUri, tells: "userinfo" });
    quiet.people.set("wang", { roles: ["clerks"], entrusts: "all" });
    const login = loginAt(quiet);
    expect(await login.finish(token, await answered(login))).toMatchObject({ role: "producer" });
    expect(quiet.asked).toContain("/me (Bearer)");
    provider.asked.length = 0;
    const direct = loginAt(provider);
    await direct.finish(token, await answered(direct));
    expect(provider.asked).not.toContain("/me (Bearer)");
  });

  test("gives no right to somebody without a role", async () => {
    const login = loginAt(provider);
    const finishing = login.finish(token, await answered(login, "li"));
    await expect(finishing).rejects.toMatchObject({
      code: "AUTH_FORBIDDEN",
      message: `li has logged in at ${provider.issuer}, but has no role here.`,
    });
  });
});

describe("A login is refused", () => {
  async function finishing(
    change: (answer: URLSearchParams) => unknown,
    login = loginAt(provider),
  ): Promise<unknown> {
    const answer = await answered(login);
    change(answer);
    return login.finish(token, answer);
  }

  test("a second time: a code works once", async () => {
    const login = loginAt(provider);
    const answer = await answered(login);
    await login.finish(token, answer);
    await expect(login.finish(token, answer)).rejects.toMatchObject(refused);
  });

  test.each<[string, (answer: URLSearchParams) => unknown]>([
    ["with another state", (answer) => answer.set("state", "x".repeat(43))],
    ["without a state", (answer) => answer.delete("state")],
    ["with two states", (answer) => answer.append("state", "x")],
    ["from another issuer", (answer) => answer.set("iss", "https://evil.example")],
    ["that doesn't say from which issuer", (answer) => answer.delete("iss")],
    ["with another code", (answer) => answer.set("code", "x".repeat(43))],
    ["without a code", (answer) => answer.delete("code")],
    ["with an error beside a code", (answer) => answer.set("error", "access_denied")],
    ["with an ID token in the address", (answer) => answer.set("id_token", "a.b.c")],
  ])("%s", async (_, change) => {
    await expect(finishing(change)).rejects.toMatchObject(refused);
  });

  test("for the code of somebody else's login: it is bound to the browser that asked (PKCE)", async () => {
    const login = loginAt(provider);
    const [stolen] = [(await answered(login)).get("code")];
    token = makeToken().token;
    const own = await answered(login, "li");
    own.set("code", stolen ?? "");
    await expect(login.finish(token, own)).rejects.toMatchObject(refused);
  });

  test("for an ID token that was made for another question (nonce)", async () => {
    const login = loginAt(provider);
    const address = await login.begin(token);
    address.searchParams.set("nonce", "x".repeat(43));
    const { searchParams } = await logInAt(address, "wang", redirectUri);
    await expect(login.finish(token, searchParams)).rejects.toMatchObject(refused);
  });

  test("if the person gives it up", async () => {
    const login = loginAt(provider);
    await expect(login.finish(token, await answered(login, ""))).rejects.toMatchObject(refused);
  });

  /** Makes the provider answer with an ID token that it has changed. */
  function lying(change: (claims: JWTPayload) => Promise<string | undefined>): PeopleLogin {
    let next: string | undefined;
    const login = loginAt(provider);
    return {
      ...login,
      async finish(own, answer) {
        const state = new URL(await login.begin(own)).searchParams;
        const now = Math.floor(Date.now() / 1000);
        next = await change({
          iss: provider.issuer,
          aud: consoleClient.client_id,
          sub: "wang",
          iat: now,
          exp: now + 300,
          nonce: state.get("nonce"),
          roles: ["clerks"],
          entrusts: "all",
        });
        provider.answerBy((given) => ({ ...given, id_token: next }));
        return login.finish(own, answer);
      },
    };
  }

  async function signed(claims: JWTPayload, key = provider.jwks[0] as JWK): Promise<string> {
    const header = { alg: "ES256", kid: key.kid ?? "" };
    return new SignJWT(claims).setProtectedHeader(header).sign(await importJWK(key, "ES256"));
  }

  test("not for what the provider signed, which the following change", async () => {
    expect(
      await finishing(
        () => {},
        lying((claims) => signed(claims)),
      ),
    ).toMatchObject({
      role: "producer",
      scope: everything,
    });
  });

  const past = Math.floor(Date.now() / 1000) - 3600;
  test.each<[string, (claims: JWTPayload) => Promise<string | undefined>]>([
    ["of another issuer", (claims) => signed({ ...claims, iss: "https://evil.example" })],
    ["for another client", (claims) => signed({ ...claims, aud: "somebody-else" })],
    [
      "for several clients, and another one's",
      (claims) => signed({ ...claims, aud: [consoleClient.client_id, "x"], azp: "x" }),
    ],
    ["without a nonce", ({ nonce: _, ...claims }) => signed(claims)],
    ["that has expired", (claims) => signed({ ...claims, exp: past })],
    ["without a holder", ({ sub: _, ...claims }) => signed(claims)],
    ["without a signature", async (claims) => new UnsecuredJWT(claims).encode()],
    [
      "that somebody else signed with the name of its key",
      async (claims) => signed(claims, await makeKey("ES256", "first")),
    ],
    [
      "that was changed after it was signed",
      async (claims) => {
        const [header, , signature] = (await signed(claims)).split(".");
        const other = Buffer.from(JSON.stringify({ ...claims, sub: "admin" }));
        return `${header}.${other.toString("base64url")}.${signature}`;
      },
    ],
    [
      "that is signed with the client's secret",
      async (claims) =>
        new SignJWT(claims)
          .setProtectedHeader({ alg: "HS256" })
          .sign(new TextEncoder().encode(consoleClient.client_secret.padEnd(32, "x"))),
    ],
    ["that isn't there", async () => undefined],
  ])("for an ID token %s", async (_, change) => {
    await expect(finishing(() => {}, lying(change))).rejects.toMatchObject(refused);
  });
});

describe("A provider", () => {
  test("that is away can't log anybody in, which is said, and is asked again after half a minute", async () => {
    const gone = await startProvider({ redirectUri });
    await gone.stop();
    const login = loginAt(gone);
    await expect(login.begin(token)).rejects.toMatchObject({
      ...away,
      message: expect.stringContaining(gone.issuer),
    });
  });

  test("that goes away while somebody logs in is said to be away", async () => {
    const gone = await startProvider({ redirectUri });
    gone.people.set("wang", { roles: ["clerks"], entrusts: "all" });
    const login = loginAt(gone);
    const answer = await answered(login);
    await gone.stop();
    await expect(login.finish(token, answer)).rejects.toMatchObject(away);
  });

  test("that doesn't know our client is no fault of the person's", async () => {
    const login = loginAt(provider, { clientSecret: "wrong" });
    const finishing = login.finish(token, await answered(login));
    await expect(finishing).rejects.toMatchObject({
      ...away,
      message: expect.stringContaining("client_id or client_secret"),
    });
  });

  test("whose answer is no answer is said to be away, and nothing of it is repeated", async () => {
    const login = loginAt(provider);
    const answer = await answered(login);
    provider.answerBy(() => "<h1>secret-of-a-proxy</h1>");
    const thrown = await login.finish(token, answer).catch((error: Error) => error);
    expect(thrown).toMatchObject(away);
    expect(JSON.stringify(thrown) + String(thrown)).not.toContain("secret-of-a-proxy");
  });
});
