import { ExhibitError } from "@exhibit/contracts";
import type { People } from "@exhibit/ingest";
import { afterEach, describe, expect, it } from "vitest";
import { targetWithin } from "../../../src/pages/login/target.ts";
import { startApi } from "../../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>> | undefined;
afterEach(async () => {
  await api?.app.close();
});

/** A provider that lets everybody in as an administrator, unless a test says otherwise. */
function fakePeople(more: Partial<People> = {}) {
  const targets: string[] = [];
  const finished: { token: string | undefined; code: string | null; isSecure: boolean }[] = [];
  const people: People = {
    async begin(target) {
      targets.push(target);
      return { token: "TOKEN", address: new URL("https://id.example/auth?state=s") };
    },
    async finish(token, answer, { isSecure }) {
      finished.push({ token, code: answer.get("code"), isSecure });
      return {
        session: { token: "SESSION", who: "oidc:wang@id.example" },
        target: targets[0] ?? "",
      };
    },
    ...more,
  };
  return { people, targets, finished };
}

async function start(people: People, publicUrl = "https://exhibit.example.cn/exhibit") {
  api = await startApi({ people, access: { listensOn: "127.0.0.1", publicUrl } });
  const { injectAsIs } = api;
  const { host } = new URL(publicUrl);
  return (url: string, headers: Record<string, string> = {}) =>
    injectAsIs({ url, headers: { host, ...headers } });
}

describe("The way to the provider", () => {
  it("is a button of the login page, in both languages, which keeps where to go", async () => {
    const get = await start(fakePeople().people);
    const { body } = await get("/login?to=queues%2F%3Fx%3D%22%3E");
    expect(body).toContain("Log in with your organisation's account");
    expect(body).toContain('href="./auth/start?to=queues%2F%3Fx%3D%22%3E"');
    expect((await get("/login?lang=zh")).body).toContain(
      '<a class="button main" href="./auth/start">使用单位账号登录</a>',
    );
  });

  it("isn't there where no provider is configured", async () => {
    api = await startApi();
    expect((await api.injectAsIs({ url: "/login" })).body).not.toContain("auth/start");
    expect((await api.app.inject("/auth/start")).statusCode).toBe(404);
    expect((await api.app.inject("/auth/callback?code=x")).statusCode).toBe(404);
  });

  it("leads there at once, with a cookie that comes back by HTTPS from there alone", async () => {
    const { people, targets } = fakePeople();
    const get = await start(people);
    const answer = await get("/auth/start?to=queues%2F%3Fstatus%3Dfailed");
    expect(answer.statusCode).toBe(303);
    expect(answer.headers).toMatchObject({
      location: "https://id.example/auth?state=s",
      "cache-control": "no-store",
      "set-cookie": [
        "__Host-exhibit-login=TOKEN; Max-Age=600; Path=/; HttpOnly; SameSite=Lax; Secure",
      ],
    });
    expect(targets).toEqual(["https://exhibit.example.cn/exhibit/queues/?status=failed"]);
    expect((await get("/auth/start?to=a&to=b")).statusCode).toBe(303);
    expect((await get(`/auth/start?to=${"x".repeat(2_001)}`)).statusCode).toBe(303);
    expect(targets.slice(1)).toEqual([1, 2].map(() => "https://exhibit.example.cn/exhibit/"));
  });
});

describe("The way back", () => {
  it("begins a session, forgets the login, and leads to where the person wanted to go", async () => {
    const { people, finished } = fakePeople();
    const get = await start(people);
    await get("/auth/start?to=docs");
    const cookie = "__Host-exhibit-login=TOKEN; exhibit-login=OTHER";
    const answer = await get("/auth/callback?code=CODE&state=s", { cookie });
    expect(answer.statusCode).toBe(303);
    expect(answer.headers).toMatchObject({
      location: "https://exhibit.example.cn/exhibit/docs",
      "cache-control": "no-store",
      "set-cookie": [
        "__Host-exhibit=SESSION; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax; Secure",
        "__Host-exhibit-login=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure",
      ],
    });
    expect(finished).toEqual([{ token: "TOKEN", code: "CODE", isSecure: true }]);
  });

  it("ends the session that the browser had before", async () => {
    const get = await start(fakePeople().people);
    api?.sessions.set("BEFORE", { key: "viewer", isSecure: true });
    await get("/auth/callback?code=CODE", { cookie: "__Host-exhibit=BEFORE" });
    expect(api?.sessions.size).toBe(0);
  });

  it("doesn't believe a cookie that another host of the domain may have planted", async () => {
    const { people, finished } = fakePeople();
    const get = await start(people);
    await get("/auth/callback?code=CODE", { cookie: "exhibit-login=PLANTED" });
    expect(finished).toMatchObject([{ token: undefined }]);
  });

  it("has cookies without a prefix on this very machine, where browsers set no other", async () => {
    const { people, finished } = fakePeople();
    const get = await start(people, "http://127.0.0.1:7400");
    const { headers } = await get("/auth/callback?code=CODE", { cookie: "exhibit-login=TOKEN" });
    expect(headers["set-cookie"]).toEqual([
      "exhibit=SESSION; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax",
      "exhibit-login=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
    ]);
    expect(finished).toEqual([{ token: "TOKEN", code: "CODE", isSecure: false }]);
  });

  it.each([
    ["AUTH_REQUIRED", "refused", "The login wasn't completed", "登录未完成"],
    ["AUTH_FORBIDDEN", "forbidden", "Your account has no role", "您的账号在 Exhibit 中没有角色"],
    ["SERVICE_UNREACHABLE", "away", "login service doesn't answer", "登录服务暂无响应"],
  ] as const)("says what went wrong: %s", async (code, fault, english, chinese) => {
    const failing = () => Promise.reject(new ExhibitError(code, "The reason."));
    const get = await start(fakePeople({ begin: failing, finish: failing }).people);
    for (const url of ["/auth/start", "/auth/callback?code=SECRET-CODE&state=SECRET-STATE"]) {
      const answer = await get(url, { cookie: "__Host-exhibit-login=SECRET-TOKEN" });
      expect(answer.statusCode).toBe(303);
      expect(answer.headers).toMatchObject({
        location: `https://exhibit.example.cn/exhibit/login?fault=${fault}`,
        "set-cookie": ["__Host-exhibit-login=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure"],
      });
    }
    expect((await get(`/login?fault=${fault}`)).body).toContain(english);
    expect((await get(`/login?fault=${fault}&lang=zh`)).body).toContain(chinese);
    const log = api?.log.join("\n") ?? "";
    expect(log).toContain("login.failed");
    expect(log).toContain("The reason.");
    expect(log).not.toContain("SECRET");
  });

  it("says nothing of what anybody writes into the address", async () => {
    const get = await start(fakePeople().people);
    const { body } = await get("/login?fault=%3Cscript%3E");
    expect(body).toContain('<p id="fault" role="alert"></p>');
  });
});

describe("The place where a person goes after the login", () => {
  const home = "https://exhibit.example.cn/exhibit";

  it.each([
    ["", "/"],
    ["docs", "/docs"],
    ["queues/queue/store?status=failed#x", "/queues/queue/store?status=failed#x"],
    [`${home}/v1/imports`, "/v1/imports"],
    ["a/../docs", "/docs"],
  ])("is one of ours: %j", (given, path) => {
    expect(targetWithin(home, given)).toBe(`${home}${path}`);
  });

  it.each([
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    `blob:${home}/x`,
    "https://exhibit.example.cn.evil.example/exhibit/",
    "https://exhibit.example.cn:8443/exhibit/",
    "http://exhibit.example.cn/exhibit/",
    "https://exhibit.example.cn@evil.example/exhibit/",
    "/other",
    "../other",
    "/exhibitor/",
    "\u0009//evil.example",
    "auth/start",
    "./auth/start?to=docs",
    "//[",
  ])("is the start page instead of %j", (given) => {
    expect(targetWithin(home, given)).toBe(`${home}/`);
  });

  it("says nobody's name before the host", () => {
    const given = "https://wang:secret@exhibit.example.cn/exhibit/docs";
    expect(targetWithin(home, given)).toBe(`${home}/docs`);
  });
});
