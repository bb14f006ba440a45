import { ExhibitError } from "@exhibit/contracts";
import type { FastifyBaseLogger, FastifyRequest } from "fastify";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { notePrincipal } from "../../../src/access/principal.ts";
import { createSecurityLog } from "../../../src/access/security-log.ts";
import { bearer, principal } from "../../fake-door.ts";
import { startApi } from "../../fake-imports.ts";

interface Line {
  readonly event?: string;
  readonly code?: string;
  readonly from?: string;
  readonly more?: number;
  readonly [name: string]: unknown;
}

describe("Refusals in the log", () => {
  const lines: Line[] = [];
  const log = {
    warn: (line: Line) => lines.push(line),
    info: (line: Line) => lines.push(line),
  } as unknown as FastifyBaseLogger;

  /** A request as Fastify shows it. */
  function requestFrom(ip: string, more: object = {}): FastifyRequest {
    const routeOptions = { url: "/v1/imports/:id" };
    const request = { ip, id: "r", method: "GET", url: "/v1/imports/1?x=SECRET", routeOptions };
    return { ...request, headers: {}, ...more } as unknown as FastifyRequest;
  }

  beforeEach(() => {
    vi.useFakeTimers();
    lines.length = 0;
  });
  afterEach(() => vi.useRealTimers());

  it("are told once a minute for each code, sender and address, and counted after that", () => {
    const security = createSecurityLog(log);
    for (let n = 0; n < 1_000; n++) security.refused(requestFrom("192.0.2.1"), "AUTH_REQUIRED");
    security.refused(requestFrom("192.0.2.2"), "AUTH_REQUIRED");
    security.refused(requestFrom("192.0.2.1"), "RATE_LIMITED");
    const told = (line: Line) => [line.from, line.code, line.more];
    expect(lines.map(told)).toEqual([
      ["192.0.2.1", "AUTH_REQUIRED", undefined],
      ["192.0.2.2", "AUTH_REQUIRED", undefined],
      ["192.0.2.1", "RATE_LIMITED", undefined],
    ]);
    vi.advanceTimersByTime(60_000);
    expect(lines.slice(3).map(told)).toEqual([["192.0.2.1", "AUTH_REQUIRED", 999]]);
    vi.advanceTimersByTime(600_000);
    expect(lines).toHaveLength(4);
    security.refused(requestFrom("192.0.2.1"), "AUTH_REQUIRED");
    expect(lines).toHaveLength(5);
  });

  it("of a crowd of addresses are counted together from the 500th on", () => {
    const security = createSecurityLog(log);
    for (let n = 0; n < 100_000; n++)
      security.refused(requestFrom(`2001:db8::${n}`), "AUTH_REQUIRED");
    expect(lines).toHaveLength(500);
    security.close();
    expect(lines.slice(500)).toEqual([
      { event: "request.refused", code: "others", who: null, from: null, more: 99_500 },
    ]);
  });

  it("name somebody who is known with the path, and of a stranger the route and the key's id alone", () => {
    const security = createSecurityLog(log);
    const known = requestFrom("192.0.2.1");
    notePrincipal(known, principal("viewer"));
    security.refused(known, "AUTH_FORBIDDEN");
    const key = `exh_AbC12345${"s".repeat(43)}${"c".repeat(6)}`;
    security.refused(requestFrom("192.0.2.1", { headers: bearer(key) }), "AUTH_REQUIRED");
    security.refused(requestFrom("192.0.2.2", { headers: bearer("ey.token") }), "AUTH_REQUIRED");
    security.refused(requestFrom("192.0.2.3", { headers: { cookie: "x=y" } }), "AUTH_REQUIRED");
    const route = { method: "GET", route: "/v1/imports/:id", request_id: "r" };
    const stranger = { event: "request.refused", code: "AUTH_REQUIRED", who: null, ...route };
    expect(lines).toEqual([
      {
        ...{ event: "request.refused", code: "AUTH_FORBIDDEN", who: "key:viewer" },
        ...{ from: "192.0.2.1", ...route, path: "/v1/imports/1" },
      },
      { ...stranger, from: "192.0.2.1", shown: "key AbC12345" },
      { ...stranger, from: "192.0.2.2", shown: "authorization" },
      { ...stranger, from: "192.0.2.3", shown: "cookie" },
    ]);
  });
});

describe("The API's log", () => {
  let api: Awaited<ReturnType<typeof startApi>>;
  beforeEach(async () => {
    api = await startApi({ rates: { reads: 2 } });
  });
  afterEach(() => api.app.close());

  const lines = () => api.log.map((line) => JSON.parse(line) as Line & { readonly msg: string });
  const told = () =>
    lines().flatMap(({ event, code, who, from, route }) =>
      event === undefined ? [] : [{ event, code, who, from, route }],
    );
  const line = (
    event: string,
    code?: string,
    who: string | null = null,
    route?: string | null,
  ) => ({
    ...{ event, code, who, from: "127.0.0.1", route },
  });

  it("tells of a login that succeeds, one that fails and a logout, without what opens anything", async () => {
    const origin = { origin: "http://localhost:80", "sec-fetch-site": "same-origin" };
    const post = (url: string, payload: object, headers = {}) =>
      api.injectAsIs({ method: "POST", url, payload, headers: { ...origin, ...headers } });
    const answer = await post("/login", { key: "ops" });
    const [cookie = ""] = [answer.headers["set-cookie"] ?? ""].flat();
    await post("/login", { key: "no-such-key" });
    await post("/logout", {}, { cookie: cookie.split(";")[0] });
    await expect
      .poll(told)
      .toEqual([
        line("login.succeeded", undefined, "key:ops"),
        line("login.failed", "AUTH_REQUIRED", null, "/login"),
        line("logout", undefined, "key:ops"),
      ]);
    const text = api.log.join("\n");
    for (const secret of ["no-such-key", ...api.sessions.keys()])
      expect(text).not.toContain(secret);
    expect(text).not.toContain(cookie.split(/[=;]/)[1]);
  });

  it("tells of everybody who is refused: unknown, without the role, out of scope, too often, from elsewhere", async () => {
    const ask = (url: string, headers: Record<string, string>) => api.injectAsIs({ url, headers });
    await ask("/v1/imports", {});
    await ask("/v1/imports", { host: "evil.example" });
    await ask("/v1/keys", bearer("viewer"));
    await ask("/v1/imports/unknown", bearer("viewer"));
    await ask("/nowhere", bearer("ops"));
    await ask("/v1/imports", bearer("viewer"));
    await expect
      .poll(told)
      .toEqual([
        line("request.refused", "AUTH_REQUIRED", null, "/v1/imports"),
        line("request.refused", "HOST_REFUSED", null, "/v1/imports"),
        line("request.refused", "AUTH_FORBIDDEN", "key:viewer", "/v1/keys"),
        line("request.refused", "NOT_FOUND", "key:viewer", "/v1/imports/:id"),
        line("request.refused", "RATE_LIMITED", "key:viewer", "/v1/imports"),
      ]);
  });

  it("has one line for each request of those who are known, and none of strangers", async () => {
    for (let n = 0; n < 50; n++) await api.injectAsIs({ url: `/v1/imports?n=${n}` });
    await api.injectAsIs({ url: "/v1/vendors", headers: bearer("viewer") });
    const completed = () => lines().filter(({ msg }) => msg === "request completed");
    await expect.poll(() => completed().length).toBe(1);
    // One that isn't known, and one that asks too often.
    expect(lines()).toHaveLength(3);
  });
});

it("A login that the provider refuses is told with the reason, once a minute", async () => {
  const failing = () => Promise.reject(new ExhibitError("AUTH_REQUIRED", "The reason."));
  const people = { begin: failing, finish: failing };
  const publicUrl = "https://exhibit.example.cn";
  const api = await startApi({ people, access: { listensOn: "127.0.0.1", publicUrl } });
  for (let n = 0; n < 20; n++) {
    await api.injectAsIs({ url: "/auth/callback?code=x", headers: { host: "exhibit.example.cn" } });
  }
  await api.app.close();
  const failed = api.log.filter((text) => text.includes("login.failed"));
  expect(failed.map((text) => (JSON.parse(text) as Line).more)).toEqual([undefined, 19]);
  expect(failed[0]).toContain("The reason.");
});
