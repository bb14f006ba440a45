import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startPostgres } from "../test/postgres-server.ts";
import { startRedis } from "../test/redis-server.ts";
import { dataFolder, freePort, startServer, stopProcess } from "../test/servers.ts";
import { createClient, directory } from "../test/system.ts";

// Eight worker processes share the leases of one folder with very many shards, whose tokens live for a minute:
// npx node bench/lease-processes.ts [shards]. Prints the vendor's calls, and the files that failed.

const WORKERS = 8;
const FILES_OF_SHARD = 256;
const LIFETIME_SECONDS = 60;

const shards = Number(process.argv[2] ?? 2000);
const cli = join(import.meta.dirname, "../apps/cli/src/main.ts");

await using stack = new AsyncDisposableStack();
const data = stack.adopt(await dataFolder("bench"), (folder) => folder.remove());
const source = join(data.path, "source");
await writeFiles(shards * FILES_OF_SHARD);

const [redis, postgres] = [await startRedis(), await startPostgres()];
stack.defer(() => redis.stop());
stack.defer(() => postgres.stop());
const [gatewayPort, ossPort, apiPort] = await Promise.all([freePort(), freePort(), freePort()]);
const configPath = join(data.path, "exhibit.yaml");
const env = {
  ...process.env,
  EXHIBIT_CONFIG: configPath,
  EXHIBIT_DATA_DIR: join(data.path, "data"),
  EXHIBIT_REDIS_URL: redis.url,
  EXHIBIT_DATABASE_URL: postgres.url,
  EXHIBIT_LEASE_KEY: Buffer.alloc(32, 1).toString("base64"),
  EXHIBIT_API_PORT: String(apiPort),
};
const ports = ["--gateway-port", String(gatewayPort), "--oss-port", String(ossPort)];
const life = ["--lease-seconds", String(LIFETIME_SECONDS)];
await start(
  ["sandbox", "--root", source, "--write-config", configPath, ...ports, ...life],
  /Objects are kept/,
);
await start(["api"], /API listens/);
await Promise.all(Array.from({ length: WORKERS }, () => start(["worker"], /worker takes jobs/)));

const client = createClient(`http://127.0.0.1:${apiPort}`);
const view = await client.run({
  entrust_id: "E-1",
  suit_ids: [],
  folders: [directory("kongur", { role: "entrust" }, source)],
});
const log = await fetch(`http://127.0.0.1:${gatewayPort}/sandbox/gateway/requests`);
const calls = ((await log.json()) as unknown[]).length;
const lifetimes = Math.ceil(view.seconds / LIFETIME_SECONDS);
process.stdout.write(
  `${view.status}: ${view.stored} of ${view.files} files stored in ${view.seconds.toFixed(0)} s by ${WORKERS} workers, ` +
    `${view.failed} failed; ${calls} calls to the vendor in ${lifetimes} token lifetimes\n`,
);

async function start(args: string[], ready: RegExp): Promise<void> {
  const child = await startServer(process.execPath, [cli, ...args], { ready, env });
  stack.defer(() => stopProcess(child));
}

async function writeFiles(count: number): Promise<void> {
  for (let first = 0; first < count; first += 1000) {
    const folder = join(source, String(first / 1000));
    await mkdir(folder, { recursive: true });
    const names = Array.from(
      { length: Math.min(1000, count - first) },
      (_, index) => `${index}.txt`,
    );
    await Promise.all(names.map((name) => writeFile(join(folder, name), `${first}/${name}`)));
  }
}
