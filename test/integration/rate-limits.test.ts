import { type ApiOptions, buildApi } from "@exhibit/api";
import { createApiClient } from "@exhibit/client";
import { localPrincipal, type VendorState } from "@exhibit/contracts";
import { openSharedCounters } from "@exhibit/queue";
import { createLogger } from "@exhibit/telemetry";
import { type RunningServer, startRedis } from "@exhibit/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const paused: VendorState = {
  vendor: "kongur",
  state: "ok",
  leases: 0,
  calls: 0,
  refusals: 0,
};

let redis: RunningServer;
let stack: AsyncDisposableStack;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  redis = await startRedis();
  stack.defer(() => redis.stop());
});
afterEach(() => stack.disposeAsync());

/** An API of which only vendors can be paused; it counts in Redis. */
async function serve(rates: ApiOptions["rates"]): Promise<string> {
  const shared = openSharedCounters(redis.url);
  stack.defer(() => shared.close());
  await new Promise<void>((resolve) => shared.redis.once("ready", resolve));
  const vendors = { within: () => ({ pause: async () => paused }) };
  const nothing = { within: () => ({}) };
  const app = await buildApi({
    trial: false,
    imports: nothing,
    bandwidth: nothing,
    vendors,
    authenticate: async () => localPrincipal,
    queues: [],
    labels: async () => new Map(),
    ready: async () => ({ ledger: "up", queue: "up" }),
    logger: createLogger({ service: "test", secrets: [], level: "silent" }),
    rates: { ...rates, shared },
  } as unknown as ApiOptions);
  stack.defer(() => app.close());
  return await app.listen({ host: "127.0.0.1", port: 0 });
}

const headers = { authorization: "Bearer anything" };
const pause = async (url: string) =>
  (await fetch(`${url}/v1/vendors/kongur/pause`, { method: "POST", headers })).status;

describe("Limits of requests on Redis", () => {
  test("are those of all processes together", async () => {
    const [one, other] = await Promise.all([serve({ writes: 5 }), serve({ writes: 5 })]);
    const statuses = [];
    for (const url of [one, other, one, other, one, other, one]) statuses.push(await pause(url));
    expect(statuses).toEqual([202, 202, 202, 202, 202, 429, 429]);
  });

  test("keep nobody waiting while Redis doesn't answer, or isn't there", async () => {
    const url = await serve({ writes: 1 });
    expect(await pause(url)).toBe(202);
    expect(await pause(url)).toBe(429);
    process.kill(redis.pid, "SIGSTOP");
    const statuses = await Promise.all(Array.from({ length: 20 }, () => pause(url)));
    expect(new Set(statuses)).toEqual(new Set([202]));
    process.kill(redis.pid, "SIGCONT");
    await redis.kill();
    expect(await pause(url)).toBe(202);
  });

  test("let a client that waits as it is told do all it has to do", async () => {
    const url = await serve({ writes: 3, window: 1_000 });
    const waits: string[] = [];
    const client = createApiClient({
      url,
      keys: ["anything"],
      onWait: ({ code }) => waits.push(code),
    });
    for (let done = 0; done < 8; done += 1) {
      expect(await client.pauseVendor("kongur")).toMatchObject(paused);
    }
    expect(waits).toContain("RATE_LIMITED");
  });
});
