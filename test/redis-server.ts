import type { TestProject } from "vitest/node";
import { dataFolder, freePort, startServer, stopProcess } from "./servers.ts";

declare module "vitest" {
  interface ProvidedContext {
    redisUrl: string;
  }
}

/** A real Redis for the run, as production has it: append-only file on, nothing evicted. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const data = await dataFolder("redis");
  const port = await freePort();
  const server = await startServer(
    "redis-server",
    [
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--dir",
      data.path,
      "--appendonly",
      "yes",
      "--maxmemory-policy",
      "noeviction",
      "--databases",
      "64",
    ],
    { ready: /Ready to accept connections/ },
  );
  project.provide("redisUrl", `redis://127.0.0.1:${port}`);
  return async () => {
    await stopProcess(server);
    await data.remove();
  };
}
