import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bearer } from "../../fake-door.ts";
import { startApi } from "../../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.app.close());

/** What Chromium sends with a page's own `fetch`. */
const ownPage = {
  origin: "http://localhost:80",
  "sec-fetch-site": "same-origin",
  "sec-fetch-mode": "cors",
  "sec-fetch-dest": "empty",
};
/** What it sends when a person opens a page. */
const opened = {
  "sec-fetch-site": "none",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
};

type Headers = Record<string, string>;

function post(url: string, headers: Headers, payload: object = {}) {
  return api.injectAsIs({ method: "POST", url, headers, payload });
}
const get = (url: string, headers: Headers) => api.injectAsIs({ url, headers });

/** Logs in and returns the cookie as a browser sends it back. */
async function logIn(key: string, headers: Headers = ownPage): Promise<Headers> {
  const answer = await post("/login", headers, { key });
  expect(answer.statusCode).toBe(204);
  const [cookie = ""] = [answer.headers["set-cookie"] ?? ""].flat();
  return { cookie: cookie.split(";")[0] ?? "" };
}

describe("Logging in", () => {
  it("gives a cookie that scripts can't read and no other site can send", async () => {
    const answer = await post("/login", ownPage, { key: "ops" });
    expect(answer.headers["set-cookie"]).toMatch(
      /^exhibit=[\w-]+; Max-Age=86400; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect([...api.sessions.values()]).toEqual([{ key: "ops", isSecure: false }]);
  });

  it("gives by TLS one that comes back by TLS alone, from no other host", async () => {
    await api.app.close();
    const publicUrl = "https://exhibit.example.cn";
    api = await startApi({ access: { listensOn: "127.0.0.1", publicUrl } });
    const host = "exhibit.example.cn";
    const answer = await post("/login", { ...ownPage, host, origin: publicUrl }, { key: "ops" });
    expect(answer.headers["set-cookie"]).toMatch(
      /^__Host-exhibit=[\w-]+; Max-Age=86400; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect([...api.sessions.values()]).toEqual([{ key: "ops", isSecure: true }]);
    const [, secret] = /=([\w-]+);/.exec(String(answer.headers["set-cookie"])) ?? [];
    const named = (name: string) => get("/v1/vendors", { host, cookie: `${name}=${secret}` });
    expect((await named("__Host-exhibit")).statusCode).toBe(200);
    // Another server of the domain could have set the other one.
    expect((await named("exhibit")).statusCode).toBe(401);
  });

  it.each([{ key: "wrong" }, { code: "wrong" }])("is refused with %j", async (proof) => {
    const answer = await post("/login", ownPage, proof);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers["set-cookie"]).toBeUndefined();
    expect(answer.body).not.toContain("wrong");
  });

  it.each([{}, { key: "" }, { key: "ops", code: "x" }, { key: 7 }, { key: "x".repeat(201) }])(
    "takes a key or a code, and not %j",
    async (proof) => {
      expect((await post("/login", ownPage, proof)).statusCode).toBe(400);
      expect(api.sessions.size).toBe(0);
    },
  );

  it("by a one-time link works once", async () => {
    api.codes.set("CODE", "admin");
    expect((await post("/login", ownPage, { code: "CODE" })).statusCode).toBe(204);
    expect((await post("/login", ownPage, { code: "CODE" })).statusCode).toBe(401);
    expect(api.sessions.size).toBe(1);
  });

  it("again ends the session before, so that each has a secret of its own", async () => {
    const first = await logIn("viewer");
    const second = await logIn("ops", { ...ownPage, ...first });
    expect(second.cookie).not.toBe(first.cookie);
    expect((await get("/v1/imports", first)).statusCode).toBe(401);
    expect((await get("/v1/imports", second)).statusCode).toBe(200);
  });

  it("isn't for a page of another site", async () => {
    for (const headers of [
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      { origin: "http://localhost:3000", "sec-fetch-site": "same-site" },
    ]) {
      expect((await post("/login", headers, { key: "ops" })).statusCode).toBe(403);
    }
    expect(api.sessions.size).toBe(0);
  });
});

describe("A session", () => {
  it("acts by the role of its key, from a page of ours", async () => {
    const cookie = await logIn("producer");
    const headers = { ...ownPage, ...cookie };
    expect((await post("/v1/imports/x/retry", headers)).statusCode).toBe(404);
    expect((await post("/v1/vendors/kongur/pause", headers)).statusCode).toBe(403);
  });

  it.each<[string, Headers]>([
    ["nothing that says where it comes from", {}],
    ["an address that was typed", { "sec-fetch-site": "none" }],
  ])("changes nothing by a request with %s", async (_, headers) => {
    const cookie = await logIn("admin");
    for (const url of ["/v1/vendors/kongur/pause", "/queues/api/queues/resume", "/logout"]) {
      const method = url.startsWith("/queues") ? "PUT" : "POST";
      const answer = await api.injectAsIs({ method, url, headers: { ...headers, ...cookie } });
      expect([url, answer.statusCode]).toEqual([url, 403]);
      expect(answer.json().code).toBe("ORIGIN_REFUSED");
    }
    expect(api.calls).toEqual([]);
    expect(api.boardActs).toEqual([]);
    expect(api.sessions.size).toBe(1);
  });

  it("acts for a browser that knows no Sec-Fetch-Site, if its Origin is ours", async () => {
    const cookie = await logIn("ops");
    const from = (origin: string) => post("/v1/vendors/kongur/pause", { ...cookie, origin });
    expect((await from("http://localhost:80")).statusCode).toBe(202);
    expect((await from("http://localhost:3000")).statusCode).toBe(403);
  });

  it.each<[string, Headers]>([
    ["another site", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }],
    ["another port of the host", { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" }],
    [
      "a frame of another site",
      { ...opened, "sec-fetch-site": "cross-site", "sec-fetch-dest": "iframe" },
    ],
    ["a frame", { ...opened, "sec-fetch-site": "same-origin", "sec-fetch-dest": "iframe" }],
    [
      "an object",
      { "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "object" },
    ],
  ])("doesn't count when %s asks", async (_, headers) => {
    const cookie = await logIn("admin");
    for (const url of ["/v1/imports", "/queues/", "/docs", "/"]) {
      expect((await get(url, { ...headers, ...cookie })).statusCode).toBe(401);
    }
    expect(api.calls).toEqual([]);
  });

  it("counts when a person opens a page, also by a link elsewhere", async () => {
    const cookie = await logIn("viewer");
    for (const site of ["none", "cross-site", "same-site", "same-origin"]) {
      const headers = { ...opened, "sec-fetch-site": site, ...cookie };
      expect((await get("/queues/", headers)).statusCode).toBe(200);
    }
  });

  it("doesn't stand in for a key that isn't valid", async () => {
    const cookie = await logIn("admin");
    expect((await get("/v1/imports", { ...cookie, ...bearer("wrong") })).statusCode).toBe(401);
    const answer = await post("/v1/vendors/kongur/pause", { ...cookie, ...bearer("viewer") });
    expect(answer.statusCode).toBe(403);
  });

  it("ends with a logout, and its cookies with it", async () => {
    const cookie = await logIn("viewer");
    const answer = await post("/logout", { ...ownPage, ...cookie });
    expect(answer.statusCode).toBe(204);
    expect(answer.headers["set-cookie"]).toEqual([
      "__Host-exhibit=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure",
      "exhibit=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
    ]);
    expect((await get("/v1/imports", cookie)).statusCode).toBe(401);
  });

  it("makes the browser forget what it kept of us at a logout", async () => {
    const answer = await post("/logout", { ...ownPage, ...(await logIn("viewer")) });
    expect(answer.headers["clear-site-data"]).toBe('"cache", "storage"');
  });

  it("names nobody else, even if its key may name others", async () => {
    const actor = { "x-exhibit-actor": "judge" };
    const pause = (headers: Headers) => post("/v1/vendors/kongur/pause", { ...headers, ...actor });
    await pause(bearer("portal"));
    await pause({ ...ownPage, ...(await logIn("portal")) });
    await pause({ ...ownPage, ...(await logIn("ops")) });
    expect(api.calls.map(({ args }) => args[2])).toEqual([
      "key:portal for judge",
      "key:portal",
      "key:ops",
    ]);
  });
});

it("A session is found among other cookies, but not beside another of its name", async () => {
  const { cookie = "" } = await logIn("viewer");
  const ask = async (header: string) => (await get("/v1/imports", { cookie: header })).statusCode;
  expect(await ask(`a=b; ${cookie}; c="d e"`)).toBe(200);
  expect(await ask(`${cookie}; exhibit=other`)).toBe(401);
  expect(await ask(`exhibit=other; ${cookie}`)).toBe(401);
  expect(await ask(`x${cookie}`)).toBe(401);
});

describe("The login page", () => {
  it("speaks the browser's language, or the one that was asked for", async () => {
    const languageOf = async (headers: Headers, query = "") =>
      /<html lang="([^"]+)">/.exec((await get(`/login${query}`, headers)).body)?.[1];
    expect(await languageOf({})).toBe("en");
    expect(await languageOf({ "accept-language": "zh-CN,zh;q=0.9,en;q=0.8" })).toBe("zh-CN");
    expect(await languageOf({ "accept-language": "de,en;q=0.8,zh;q=0.1" })).toBe("en");
    expect(await languageOf({ "accept-language": "de" }, "?lang=zh")).toBe("zh-CN");
    expect(await languageOf({ "accept-language": "zh" }, "?lang=en")).toBe("en");
    expect(await languageOf({}, "?lang=xx")).toBe("en");
  });

  it("keeps where to go and what went wrong in the other language, also before its script has come", async () => {
    const to = `queues/?a=b&c="><img src=x>`;
    const query = new URLSearchParams({ to, fault: "forbidden" });
    const { body } = await get(`/login?${query}`, {});
    const [, link = ""] = /<a href="([^"]+)" lang="zh">/.exec(body) ?? [];
    query.set("lang", "zh");
    const linked = new URLSearchParams(link.replaceAll("&#38;", "&"));
    expect(Object.fromEntries(linked)).toEqual(Object.fromEntries(query));
    expect(body).not.toContain("<img");
  });

  it("has no script and no style within it, loads only its own files, and is shown in no frame", async () => {
    const { body, headers } = await get("/login", {});
    expect(body).not.toMatch(/<style|style=|<script>|\son\w+=/);
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(headers["content-security-policy"]).not.toContain("unsafe");
    expect(headers).toMatchObject({ "x-frame-options": "DENY", "cache-control": "no-store" });
    const files = [...body.matchAll(/(?:src|href)="(\.[^"]+)"/g)].map(([, file]) => file ?? "");
    expect(files).toHaveLength(3);
    for (const file of files) expect((await get(file.slice(1), {})).statusCode).toBe(200);
  });

  it("tells those who are logged in who they are, whatever their name is", async () => {
    const { body } = await get("/login", await logIn("ops"));
    expect(body).toContain("<strong>key:ops</strong>");
    expect(body).not.toContain("<form");
    const { loginPage } = await import("../../../src/pages/login/login-page.ts");
    const { known } = await import("../../fake-door.ts");
    const admin = known.get("admin");
    if (admin === undefined) throw new Error("there is no admin");
    const page = loginPage("en", { ...admin, name: `oidc:<img src=x onerror="alert(1)">&'` });
    expect(page).toContain("oidc:&#60;img src=x onerror=&#34;alert(1)&#34;&#62;&#38;&#39;");
  });
});
