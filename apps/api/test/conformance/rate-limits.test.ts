import { afterEach, describe, expect, it } from "vitest";
import { startApi } from "../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
afterEach(() => api.app.close());

const statusOf = async (method: "GET" | "POST", url: string) =>
  (await api.app.inject({ method, url })).statusCode;

describe("A principal's requests", () => {
  it("are limited on all routes together, reads and changes each for themselves", async () => {
    api = await startApi({ rates: { reads: 3, writes: 2 } });
    const { import_id } = api.put();
    expect(await statusOf("GET", "/v1/imports")).toBe(200);
    expect(await statusOf("GET", `/v1/imports/${import_id}`)).toBe(200);
    expect(await statusOf("GET", "/nowhere")).toBe(404);
    expect(await statusOf("POST", "/v1/vendors/kongur/pause")).toBe(202);
    expect(await statusOf("POST", `/v1/imports/${import_id}/retry`)).toBe(202);
    for (const [method, url] of [
      ["GET", "/v1/vendors"],
      ["GET", "/queues"],
      ["GET", "/docs"],
      ["GET", "/openapi.json"],
      ["POST", `/v1/imports/${import_id}/retry`],
      ["POST", "/v1/imports"],
    ] as const) {
      const answer = await api.app.inject({ method, url });
      expect([url, answer.statusCode]).toEqual([url, 429]);
      expect(answer.json().code).toBe("RATE_LIMITED");
      const wait = Number(answer.headers["retry-after"]);
      expect(wait).toBeGreaterThan(50);
      expect(wait).toBeLessThanOrEqual(60);
    }
    expect(api.calls.map(({ name }) => name)).not.toContain("create");
  });

  it("tell how many are left", async () => {
    api = await startApi({ rates: { reads: 3 } });
    const { headers } = await api.app.inject("/v1/imports");
    expect(headers).toMatchObject({ "ratelimit-limit": "3", "ratelimit-remaining": "2" });
  });

  it("aren't counted for health checks, nor where there is no limit", async () => {
    api = await startApi({ rates: { reads: 1 } });
    await statusOf("GET", "/v1/imports");
    for (const url of ["/healthz", "/readyz"]) expect(await statusOf("GET", url)).toBe(200);
    for (let asked = 0; asked < 50; asked += 1) {
      expect(await statusOf("POST", "/v1/vendors/kongur/pause")).toBe(202);
    }
  });
});

describe("Logins that fail", () => {
  const logIn = async (key: string, from?: string) => {
    const answer = await api.app.inject({
      method: "POST",
      url: "/login",
      headers: { authorization: "", ...(from === undefined ? {} : { "x-forwarded-for": from }) },
      payload: { key },
    });
    return answer.statusCode;
  };

  it("are ten a minute from one address; others may go on, and so may who is logged in", async () => {
    api = await startApi({ rates: {} });
    for (let failed = 0; failed < 10; failed += 1) expect(await logIn("wrong")).toBe(401);
    expect(await logIn("wrong")).toBe(429);
    // The right one isn't tried either, or guessing would go on.
    expect(await logIn("admin")).toBe(429);
    expect(await statusOf("GET", "/v1/imports")).toBe(200);
    // A proxy on this machine says for whom it asks.
    expect(await logIn("wrong", "192.0.2.7")).toBe(401);
    expect(await logIn("admin", "192.0.2.7")).toBe(204);
  });

  it("aren't counted with those that succeed", async () => {
    api = await startApi({ rates: { failedLogins: 2 } });
    for (let done = 0; done < 5; done += 1) expect(await logIn("admin")).toBe(204);
    expect(await logIn("wrong")).toBe(401);
  });
});
