import { request } from "node:http";
import { networkInterfaces } from "node:os";
import type { Services } from "@exhibit/runtime";
import { createLogger } from "@exhibit/telemetry";
import { afterEach, expect, test } from "vitest";
import { type ServedApi, type ServeOptions, serveApi } from "../../../src/process/serve-api.ts";

let api: ServedApi | undefined;
afterEach(async () => {
  await api?.close();
});

/** Nothing of them is asked here. */
const authenticate = async () => undefined;
const none = { within: () => undefined };
const services = {
  queues: [],
  trial: false,
  imports: none,
  bandwidth: none,
  authenticate,
  openCounters: () => undefined,
  peopleAt: () => undefined,
} as unknown as Services;

async function serve(apiHost: string, more: Partial<ServeOptions["environment"]> = {}) {
  const log: string[] = [];
  const destination = { write: (line: string) => log.push(line) };
  const logger = createLogger({ service: "api", secrets: [], level: "warn", destination });
  api = await serveApi({
    services,
    logger,
    environment: { apiHost, apiPort: 0, apiRates: {}, ...more },
  });
  return { api, log: log.map((line) => JSON.parse(line) as { level: string; msg: string }) };
}

test.each(["127.0.0.1", "localhost", "::1"])("an API on %s is this machine's own", async (host) => {
  const { api, log } = await serve(host);
  expect(api.exposure).toBeUndefined();
  expect(log).toEqual([]);
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
});

test("one on all addresses says at which it is reached, and that keys go there without TLS", async () => {
  const { api, log } = await serve("0.0.0.0");
  const { port } = new URL(api.url);
  const outside = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => `http://${address}:${port}`);
  expect(api.exposure).toContain("The API listens on 0.0.0.0: other machines can reach it");
  expect(api.exposure).toContain("without TLS");
  for (const url of outside) expect(api.exposure).toContain(url);
  expect(log).toEqual([expect.objectContaining({ level: "warn", msg: api.exposure })]);
  for (const url of [api.url, ...outside]) expect((await fetch(`${url}/`)).status).toBe(401);
});

test("it takes the names of the environment for its own", async () => {
  const { api } = await serve("127.0.0.1", {
    apiHosts: ["exhibit.test"],
    publicUrl: "https://public.test",
  });
  for (const [host, status] of [
    ["exhibit.test", 401],
    ["public.test", 401],
    ["evil.test", 421],
  ] as const) {
    expect(await statusAs(host, api.url)).toBe(status);
  }
});

test("it limits requests as the environment says", async () => {
  const { api } = await serve("127.0.0.1", { apiRates: { reads: 2 } });
  const statuses = [];
  for (let asked = 0; asked < 3; asked += 1) statuses.push((await fetch(`${api.url}/`)).status);
  expect(statuses).toEqual([401, 401, 429]);
});

/** fetch lets nobody choose the Host. */
async function statusAs(host: string, url: string): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    const asking = request(`${url}/`, { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asking.once("error", reject).end();
  });
}
