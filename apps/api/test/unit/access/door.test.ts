import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ExhibitError, roles } from "@exhibit/contracts";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { routes } from "../../../src/routes.ts";
import { bearer } from "../../fake-door.ts";
import { startApi } from "../../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
beforeAll(async () => {
  // The stream of everything ends soon, because a request here waits for the whole answer.
  api = await startApi({ progress: { interval: 5, life: 1 } });
});
afterAll(() => api.app.close());

/** Another API for one test. */
async function startOther(options: Parameters<typeof startApi>[0]) {
  const other = await startApi(options);
  onTestFinished(() => other.app.close());
  const ask = (url: string, headers: Record<string, string> = {}) =>
    other.injectAsIs({ url, headers });
  return { ...other, ask };
}

type Method = "GET" | "POST" | "PUT" | "DELETE" | "PATCH";

/** Sends what a route might be sent, without any header but those that are given. */
function send(method: string, url: string, headers: Record<string, string> = {}) {
  const payload = method === "GET" ? {} : { payload: {} };
  return api.injectAsIs({ method: method as Method, url, headers, ...payload });
}

const browser = { accept: "text/html,application/xhtml+xml", "sec-fetch-dest": "document" };

/** The table's routes, and those of the pages. */
const guarded = [
  ...routes.map(([method, url, needs]) => ({ method, url: url.replace(/:\w+/g, "x"), needs })),
  ...["/docs", "/docs/json", "/docs/static/swagger-ui.css", "/openapi.json"].map((url) => ({
    method: "GET",
    url,
    needs: "viewer" as const,
  })),
  ...["/queues", "/queues/", "/queues/api/queues", "/queues/queue/store", "/queues/base.js"].map(
    (url) => ({ method: "GET", url, needs: "viewer" as const }),
  ),
  { method: "PUT", url: "/queues/api/queues/resume", needs: "ops" as const },
  { method: "PUT", url: "/queues/api/queues/store/retry/failed", needs: "ops" as const },
  { method: "POST", url: "/queues/api/queues/store/add", needs: "ops" as const },
  { method: "POST", url: "/logout", needs: "viewer" as const },
  { method: "GET", url: "/nowhere", needs: "viewer" as const },
  { method: "DELETE", url: "/v1/imports", needs: "viewer" as const },
];

describe.each(guarded)("$method $url", ({ method, url, needs }) => {
  it(`needs ${needs}: below it nothing is done, from it on the door is open`, async () => {
    const open = needs === "nothing" ? 0 : roles.indexOf(needs) + 1;
    for (const [index, role] of ["nobody", ...roles].entries()) {
      const before = [api.calls.length, api.boardActs.length];
      const headers = role === "nobody" ? {} : bearer(role);
      const { statusCode, body } = await send(method, url, headers);
      const seen = [role, statusCode === 401 || statusCode === 403 ? statusCode : "in"];
      if (index >= open) expect(seen).toEqual([role, "in"]);
      else {
        expect(seen).toEqual([role, role === "nobody" ? 401 : 403]);
        const code = role === "nobody" ? "AUTH_REQUIRED" : "AUTH_FORBIDDEN";
        expect(JSON.parse(body).code).toBe(code);
        expect([api.calls.length, api.boardActs.length]).toEqual(before);
      }
    }
  });
});

it("is described by docs/access.md, route by route", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../../../docs/access.md"), "utf8");
  const rows = [
    ...page.matchAll(
      /^\| `([A-Z]+ \/(?:v1\/\S*|healthz|readyz)?)` \| (\w+(?: without limits)?) \|$/gm,
    ),
  ];
  const described = rows.map(([, route, needs]) => `${route} ${needs}`);
  expect(described).toEqual(
    routes.map(
      ([method, url, needs, { unscoped }]) =>
        `${method} ${url} ${needs}${unscoped ? " without limits" : ""}`,
    ),
  );
});

it("answers the same to whoever isn't known, whatever they sent", async () => {
  const answers = await Promise.all(
    [
      {},
      { authorization: "" },
      { authorization: "Bearer" },
      { authorization: "Bearer wrong" },
      { authorization: "Basic YWRtaW46" },
      { authorization: "admin" },
      { cookie: "exhibit=wrong" },
      { cookie: "__Host-exhibit=admin" },
      { cookie: "admin" },
      { "x-api-key": "admin" },
    ].map((headers) => send("GET", "/v1/imports", headers)),
  );
  // Each answer names its own request.
  const without = ({ body }: { body: string }) => body.replace(/"urn:uuid:[\w-]+"/, "");
  for (const answer of answers) {
    expect(answer.statusCode).toBe(401);
    expect(without(answer)).toBe(without(answers[0] ?? answer));
    const { headers } = answer;
    expect(headers).toMatchObject({ "www-authenticate": "Bearer", "cache-control": "no-store" });
  }
});

it("says which role is needed, and which one the key has", async () => {
  const answer = await send("POST", "/v1/vendors/kongur/pause", bearer("producer"));
  expect(answer.json()).toMatchObject({
    code: "AUTH_FORBIDDEN",
    detail: "This needs the role ops; key:producer has the role producer.",
    details: { needs: "ops", role: "producer" },
  });
});

it.each(["/v1/imports?key=", "/v1/imports?access_token=", "/v1/imports/", "/nowhere?"])(
  "refuses a key in the address (%s), by whomever, and repeats it nowhere",
  async (address) => {
    const key = "exh_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijABCDEFG";
    const url = `${address}${key}`;
    const calls = api.calls.length;
    for (const headers of [{}, bearer("admin"), browser]) {
      const answer = await send("GET", url, headers);
      expect(answer.statusCode).toBe(400);
      expect(answer.json().detail).toContain("The address contains a key");
      expect(answer.body + JSON.stringify(answer.headers)).not.toContain(key.slice(4));
    }
    expect(api.calls).toHaveLength(calls);
    expect(api.log.join("\n")).not.toContain(key.slice(4));
  },
);

describe("A browser without a session", () => {
  it.each([
    ["/", "./login"],
    ["/docs", "./login?to=docs"],
    ["/queues/", "../login?to=queues%2F"],
    [
      "/queues/queue/store?status=failed",
      "../../login?to=queues%2Fqueue%2Fstore%3Fstatus%3Dfailed",
    ],
    ["/v1/imports", "../login?to=v1%2Fimports"],
  ])("is sent from %s to %s, wherever a proxy has put it", async (url, location) => {
    const answer = await send("GET", url, browser);
    expect(answer.statusCode).toBe(303);
    expect(answer.headers).toMatchObject({ location, "cache-control": "no-store" });
    expect(new URL(location, `http://x/exhibit${url}`).pathname).toBe("/exhibit/login");
  });

  it("isn't sent there by what asks for a part of a page, in a frame, or to act", async () => {
    const parts = [
      { ...browser, "sec-fetch-dest": "iframe" },
      { ...browser, "sec-fetch-dest": "empty" },
      { accept: "application/json" },
      { ...browser, ...bearer("wrong") },
    ];
    for (const headers of parts) expect((await send("GET", "/", headers)).statusCode).toBe(401);
    expect((await send("POST", "/v1/imports", browser)).statusCode).toBe(401);
  });
});

describe("/readyz", () => {
  it("tells strangers no more than whether it is ready, and why not only the log", async () => {
    expect((await send("GET", "/readyz")).json()).toEqual({ status: "ready" });
    expect((await send("GET", "/readyz", bearer("wrong"))).json()).toEqual({ status: "ready" });
    const ready = async () => ({ ledger: "password refused on db.example.cn", queue: "up" });
    const other = await startOther({ ready });
    const answer = await other.ask("/readyz");
    expect(answer.statusCode).toBe(503);
    expect(answer.body).not.toContain("db.example.cn");
    expect((await other.ask("/readyz", bearer("viewer"))).body).toContain("db.example.cn");
    expect(other.log.join("\n")).toContain("db.example.cn");
  });

  it("answers them also when nobody can be asked who they are", async () => {
    for (const authenticate of [
      () => Promise.reject(new Error("the ledger is away")),
      () => new Promise<undefined>(() => {}),
    ]) {
      const { ask } = await startOther({ authenticate });
      expect((await ask("/readyz", bearer("admin"))).json()).toEqual({ status: "ready" });
    }
  });
});

it("says that the ledger is away, and lets nobody in, when nobody can be asked who they are", async () => {
  const sentence = "The ledger doesn't answer.";
  const authenticate = () => Promise.reject(new ExhibitError("SERVICE_UNREACHABLE", sentence));
  const { ask, calls } = await startOther({ authenticate });
  for (const url of ["/v1/imports", "/queues/", "/docs"]) {
    const answer = await ask(url, bearer("admin"));
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ code: "SERVICE_UNREACHABLE", detail: sentence });
  }
  expect(calls).toEqual([]);
});

it("tells in the OpenAPI document what each route needs and how a key is sent", async () => {
  const document = (await send("GET", "/openapi.json", bearer("viewer"))).json();
  expect(document.components.securitySchemes.key).toMatchObject({ type: "http", scheme: "bearer" });
  expect(document.security).toEqual([{ key: [] }, { session: [] }]);
  for (const [method, url, needs] of routes) {
    const path = url.replace(/:(\w+)/g, "{$1}");
    const { security, description = "" } = document.paths[path][method.toLowerCase()];
    expect([url, security]).toEqual([url, needs === "nothing" ? [] : undefined]);
    if (needs !== "nothing") expect(description).toContain(`Needs the role \`${needs}\`.`);
  }
});
