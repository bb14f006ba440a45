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
