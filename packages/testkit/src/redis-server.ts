import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { dataFolder, freePort, type RunningServer, runServer, startServer } from "./servers.ts";
import { shareInRun } from "./share-in-run.ts";

declare module "vitest" {
  interface ProvidedContext {
    redisUrl: string;
  }
}

/** Each system that a test runs has a database; a whole run needs more than a hundred. */
const DATABASES = 4096;

export interface RedisOptions {
  /** Settings that are added to those of production or replace them, as in redis.conf; a value may have several words. */
  settings?: Readonly<Record<string, string>>;
  /** Whether it is a sentinel, which watches over others. @defaultValue false */
  isSentinel?: boolean;
  /** A certificate, which is its own authority, and its key, in PEM: then it speaks TLS only. */
  tls?: { cert: string; key: string };
}

const production = {
  bind: "127.0.0.1",
  appendonly: "yes",
  "maxmemory-policy": "noeviction",
  databases: `${DATABASES}`,
};

/** Starts a real Redis, configured as in production by default: append-only file on, nothing evicted. */
export async function startRedis(options: RedisOptions = {}): Promise<RunningServer> {
  const { settings = {}, isSentinel = false, tls } = options;
  const data = await dataFolder("redis");
  const port = await freePort();
  const file = join(data.path, "redis.conf");
  const certificate = join(data.path, "certificate.pem");
  const key = join(data.path, "key.pem");
  if (tls) await Promise.all([writeFile(certificate, tls.cert), writeFile(key, tls.key)]);
  const all = {
    dir: data.path,
    ...(tls
      ? {
          port: "0",
          "tls-port": `${port}`,
          "tls-cert-file": certificate,
          "tls-key-file": key,
          "tls-ca-cert-file": certificate,
          "tls-auth-clients": "no",
        }
      : { port: `${port}` }),
    ...(isSentinel ? {} : production),
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} ${value}\n`);
  await writeFile(file, lines.join(""));
  return await runServer({
    url: `${tls ? "rediss" : "redis"}://127.0.0.1:${port}`,
    start: () =>
      startServer(isSentinel ? "redis-sentinel" : "redis-server", [file], {
        ready: isSentinel ? /Sentinel ID is/ : /Ready to accept connections/,
      }),
    signals: { down: "SIGTERM", kill: "SIGKILL" },
    remove: data.remove,
  });
}

/** Starts one Redis for all tests of a run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { value, release } = await shareInRun("redis", async () => {
    const { url, stop } = await startRedis();
    return { value: url, stop };
  });
  project.provide("redisUrl", value);
  return release;
}
