import { inspect } from "node:util";
import { consoleClient, logInAt, type OidcProvider, startProvider } from "@exhibit/access/testing";
import type { Me } from "@exhibit/contracts";
import { recordSpans } from "@exhibit/telemetry/testing";
import { type PrefixProxy, selfSigned, startPrefixProxy } from "@exhibit/testkit";
import pg from "pg";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBrowser } from "../../support/browser.ts";
import { dumpLedger } from "../../support/ledger-dump.ts";
import { type System, startSystem } from "../../support/system.ts";

let browser: Browser;
let system: System;
let provider: OidcProvider;
/** Ends TLS in front of the API, and adds a path. */
let proxy: PrefixProxy;
let home: string;
let context: BrowserContext;
let page: Page;
const log: string[] = [];
const spans = recordSpans();

beforeAll(async () => {
  proxy = await startPrefixProxy("/exhibit", () => system.apiUrl, selfSigned);
  home = `${proxy.url}/exhibit`;
  provider = await startProvider({ redirectUri: `${home}/auth/callback` });
  provider.people.set("wang", { roles: ["operators"], entrusts: "all" });
  provider.people.set("li", { roles: [], entrusts: "all" });
  [browser, system] = await Promise.all([
    startBrowser(),
    startSystem("Redis and Postgres", {
      environment: { publicUrl: home },
      log: (line) => log.push(line),
      access: {
        oidc: {
          issuer: provider.issuer,
          audience: "https://exhibit.example/api",
          roles_claim: "roles",
          role_map: { operators: "ops" },
          entrusts_claim: "entrusts",
          login: { ...consoleClient, scopes: ["profile"] },
        },
      },
    }),
  ]);
});
afterAll(async () => {
  await browser.close();
  await system[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await provider.stop();
  await spans.stop();
});
beforeEach(async () => {
  context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "en-GB" });
  page = await context.newPage();
});
afterEach(() => context.close());

const at = (path: string) => `${home}${path}`;

/** Logs in by the button of the login page, as a person does. */
async function logIn(name: string): Promise<void> {
  await page.getByRole("link", { name: "Log in with your organisation's account" }).click();
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Continue" }).click();
}

describe("A person", () => {
  test("logs in by the provider, comes back to where they wanted to go, and logs out", async () => {
    await page.goto(at("/queues/queue/store?status=failed"));
    await logIn("wang");
    await page.waitForURL(at("/queues/queue/store?status=failed"));
    const cookies = (await context.cookies(home)).filter(({ name }) => name.includes("exhibit"));
    expect(cookies).toMatchObject([
      { name: "__Host-exhibit", secure: true, httpOnly: true, sameSite: "Lax", path: "/" },
    ]);
    const me = await page.evaluate(`fetch("${at("/v1/me")}").then((answer) => answer.json())`);
    expect(me as Me).toMatchObject({
      name: `oidc:wang@${provider.issuer.replace("http://", "")}`,
      role: "ops",
      may_make_keys: false,
    });

    // No page of the history holds the code.
    const addresses: string[] = [];
    for (let steps = 0; steps < 5; steps++) {
      addresses.push(page.url());
      if ((await page.goBack()) === null) break;
    }
    expect(addresses.length).toBeGreaterThan(1);
    expect(addresses.join("\n")).not.toContain("code=");

    await page.goto(at("/login"));
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("Key").waitFor();
    expect((await page.goto(at("/docs")))?.url()).toBe(at("/login?to=docs"));
  });

  test("without a role, or who gives it up, is told so, and has no session", async () => {
    await page.goto(at("/login"));
    await logIn("li");
    await page.getByText("Your account has no role in Exhibit").waitFor();
    expect(page.url()).toBe(at("/login?fault=forbidden"));
    await page.getByRole("link", { name: "中文" }).click();
    await page.getByText("您的账号在 Exhibit 中没有角色").waitFor();

    await context.clearCookies();
    await page.goto(at("/login"));
    await logIn("");
    await page.getByText("The login wasn't completed").waitFor();
    expect(await context.cookies(home)).not.toContainEqual(
      expect.objectContaining({ name: "__Host-exhibit" }),
    );
  });

  test.each(["//evil.example", "/elsewhere"])("is never led to another place: %s", async (to) => {
    await page.goto(at(`/login?to=${encodeURIComponent(to)}`));
    await logIn("wang");
    await page.waitForURL(at("/"));
  });
});

/** A login that a program begins as a browser does: what the browser keeps, and where it is sent. */
async function begin(): Promise<{ cookie: string; address: URL }> {
  const answer = await fetch(`${system.apiUrl}/auth/start?to=docs`, { redirect: "manual" });
  const [cookie = ""] = (answer.headers.get("set-cookie") ?? "").split(";");
  return { cookie, address: new URL(answer.headers.get("location") ?? "") };
}

/** Brings an answer of the provider back, and returns the session's cookie, or what is said instead. */
async function bringBack(answer: URL, cookie: string): Promise<string> {
  const url = `${system.apiUrl}/auth/callback${answer.search}`;
  const { headers } = await fetch(url, { redirect: "manual", headers: { cookie } });
  const session = headers.getSetCookie().find((one) => one.startsWith("__Host-exhibit=")) ?? "";
  return session.split(";")[0] || (headers.get("location") ?? "").replace(home, "");
}

async function meOf(cookie: string): Promise<number> {
  return (await fetch(`${system.apiUrl}/v1/me`, { headers: { cookie } })).status;
}

const refused = "/login?fault=refused";

describe("An answer of the provider", () => {
  test("opens a session once: neither the same nor a new one to the same question opens another", async () => {
    const { cookie, address } = await begin();
    const first = await logInAt(address, "wang", home);
    const another = await logInAt(address, "wang", home);
    const session = await bringBack(first, cookie);
    expect(await meOf(session)).toBe(200);
    expect(await bringBack(first, cookie)).toBe(refused);
    // It has the same state and another code, which was never used.
    expect(another.searchParams.get("state")).toBe(first.searchParams.get("state"));
    expect(await bringBack(another, cookie)).toBe(refused);
    expect(await meOf(session)).toBe(200);
  });

  test("of which two come at once opens one session", async () => {
    const { cookie, address } = await begin();
    const answer = await logInAt(address, "wang", home);
    const got = await Promise.all([bringBack(answer, cookie), bringBack(answer, cookie)]);
    expect(got.filter((one) => one === refused)).toHaveLength(1);
  });

  test("that was stolen is worth nothing in another browser, and its owner still gets in", async () => {
    const { cookie, address } = await begin();
    const answer = await logInAt(address, "wang", home);
    const thief = await begin();
    expect(await bringBack(answer, "")).toBe(refused);
    expect(await bringBack(answer, thief.cookie)).toBe(refused);
    // The thief puts the code into the answer to a question of their own.
    const own = await logInAt(thief.address, "li", home);
    own.searchParams.set("code", answer.searchParams.get("code") ?? "");
    expect(await bringBack(own, thief.cookie)).toBe(refused);
    expect(await meOf(await bringBack(answer, cookie))).toBe(200);
  });

  test("doesn't log anybody in as somebody else who sends them a link", async () => {
    const { address } = await begin();
    const answer = await logInAt(address, "wang", home);
    await page.goto(at(`/auth/callback${answer.search}`));
    expect(page.url()).toBe(at(refused));
    expect(await context.cookies(home)).toEqual([]);
  });

  test("for another question (nonce), of another issuer, or too late opens none", async () => {
    const changed = await begin();
    changed.address.searchParams.set("nonce", "x".repeat(43));
    const other = await logInAt(changed.address, "wang", home);
    expect(await bringBack(other, changed.cookie)).toBe(refused);

    const mixed = await begin();
    const answer = await logInAt(mixed.address, "wang", home);
    answer.searchParams.set("iss", "https://evil.example");
    expect(await bringBack(answer, mixed.cookie)).toBe(refused);

    const late = await begin();
    const lateAnswer = await logInAt(late.address, "wang", home);
    await query("update login_attempts set expires_at = now() - interval '1 second'");
    expect(await bringBack(lateAnswer, late.cookie)).toBe(refused);
  });

  test("isn't asked for from a place that the request names", async () => {
    const answer = await fetch(
      `${system.apiUrl}/auth/start?redirect_uri=https://evil.example&state=x&nonce=x&client_id=x`,
      { redirect: "manual" },
    );
    const { searchParams } = new URL(answer.headers.get("location") ?? "");
    expect(searchParams.getAll("redirect_uri")).toEqual([at("/auth/callback")]);
    expect(searchParams.get("state")).not.toBe("x");
    expect(searchParams.get("client_id")).toBe(consoleClient.client_id);
  });
});

test("A session that somebody knew before the login isn't theirs afterwards", async () => {
  const { cookie, address } = await begin();
  const before = await bringBack(await logInAt(address, "wang", home), cookie);
  const next = await begin();
  const answer = await logInAt(next.address, "wang", home);
  const after = await bringBack(answer, `${next.cookie}; ${before}`);
  expect(after).not.toBe(before);
  expect([await meOf(before), await meOf(after)]).toEqual([401, 200]);
});

async function query(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(system.environment.databaseUrl);
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}

test("Nothing by which somebody could log in is in a log, a trace, or the ledger", async () => {
  const { cookie, address } = await begin();
  const left = JSON.stringify(await query("select row_to_json(t) as row from login_attempts t"));
  const answer = await logInAt(address, "wang", home);
  const session = await bringBack(answer, cookie);
  expect(await bringBack(answer, cookie)).toBe(refused);
  const dump = await dumpLedger(system.environment.databaseUrl ?? "");
  const traces = inspect(
    spans.spans().map(({ name, attributes, events }) => ({ name, attributes, events })),
    { depth: 10, maxArrayLength: null, maxStringLength: null },
  );
  const places = { log: log.join("\n"), traces, ledger: left + dump.text };
  const secrets = [
    consoleClient.client_secret,
    cookie.split("=")[1],
    session.split("=")[1],
    ...["code", "state"].map((name) => answer.searchParams.get(name)),
    ...["nonce", "code_challenge"].map((name) => address.searchParams.get(name)),
  ];
  for (const [place, text] of Object.entries(places)) {
    expect(text.length, place).toBeGreaterThan(200);
    for (const secret of secrets) expect(text, place).not.toContain(secret ?? "there is none");
  }
  expect(places.log).toContain("login.failed");
});

// It is the last: the provider doesn't come back.
test("While the provider is away, the login page says so, and keys still work", async () => {
  const { cookie, address } = await begin();
  const answer = await logInAt(address, "wang", home);
  await provider.stop();
  expect(await bringBack(answer, cookie)).toBe("/login?fault=away");
  await page.goto(at("/login?fault=away"));
  await page.getByText("Your organisation's login service doesn't answer").waitFor();
  await page.getByLabel("Key").fill(system.key);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await page.waitForURL(at("/"));
});
