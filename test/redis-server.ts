import type { TestProject } from "vitest/node";
import { dataFolder, freePort, type RunningServer, runServer, startServer } from "./servers.ts";

declare module "vitest" {
  interface ProvidedContext {
    redisUrl: string;
  }
}

/** One for each part of the system that a test runs; the tests of a whole run need more than a hundred. */
const DATABASES = 4096;

/** A real Redis, as production has it: append-only file on, nothing evicted. */
export async function startRedis(): Promise<RunningServer> {
  const data = await dataFolder("redis");
  const port = await freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", data.path];
  const settings = [
    "--appendonly",
    "yes",
    "--maxmemory-policy",
    "noeviction",
    "--databases",
    `${DATABASES}`,
  ];
  return await runServer({
    url: `redis://127.0.0.1:${port}`,
    start: () =>
      startServer("redis-server", [...args, ...settings], { ready: /Ready to accept connections/ }),
    signals: { down: "SIGTERM", kill: "SIGKILL" },
    remove: data.remove,
  });
}

/** One for all tests of the run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, stop } = await startRedis();
  project.provide("redisUrl", url);
  return stop;
}
