import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dataFolder } from "@exhibit/testkit";
import { Redis } from "ioredis";
import pg from "pg";
import { createClient, directory } from "../../test/support/system.ts";
import { startFleet } from "../fleet.ts";

// What a file costs Postgres, and a shard Redis, for docs/scale.md: npx node bench/probes/service-costs.ts [files].

const FILES_OF_SHARD = 256;
const WORKERS = 2;
const MICROSECONDS_OF_TICK = 10_000;
const count = Number(process.argv[2] ?? 20_480);

await using stack = new AsyncDisposableStack();
const data = stack.adopt(await dataFolder("bench"), (folder) => folder.remove());
const source = join(data.path, "source");
await writeFiles();
const fleet = stack.use(await startFleet({ workers: WORKERS, root: source }));
const redis = stack.adopt(new Redis(fleet.redisUrl), (connection) => connection.disconnect());
const postgres = stack.adopt(new pg.Client(fleet.databaseUrl), (client) => client.end());
await postgres.connect();
const [redisPid = 0, postgresPid = 0] = fleet.pids.slice(-2);

const before = await look();
const view = await createClient(fleet.apiUrl, fleet.key).run({
  entrust_id: "E-1",
  suit_ids: [],
  folders: [directory("kongur", { role: "entrust" }, source)],
});
const after = await look();
const shards = Math.ceil(count / FILES_OF_SHARD);
const each = (name: keyof typeof after, of: number) =>
  ((after[name] - before[name]) / of).toFixed(0);
process.stdout.write(
  `${view.status}, ${view.stored} files in ${view.seconds.toFixed(0)} s\n` +
    `Postgres: ${each("postgresMicroseconds", count)} µs of CPU, ${each("databaseBytes", count)} bytes and ${each("logBytes", count)} bytes of log for a file\n` +
    `Redis: ${each("redisCommands", shards)} commands, ${each("redisMicroseconds", shards)} µs of CPU and ${each("redisBytes", shards)} bytes for a shard of ${FILES_OF_SHARD} files; ${each("redisTraffic", shards)} bytes over the network\n`,
);

async function look() {
  const { rows } = await postgres.query(
    "select pg_database_size(current_database())::float8 as bytes, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as log",
  );
  const said = await redis.info();
  const of = (name: string) => Number(new RegExp(`^${name}:(.*)`, "m").exec(said)?.[1]);
  return {
    postgresMicroseconds: cpuOf(postgresPid),
    databaseBytes: rows[0].bytes as number,
    logBytes: rows[0].log as number,
    redisCommands: of("total_commands_processed"),
    redisMicroseconds: cpuOf(redisPid),
    redisBytes: of("used_memory"),
    redisTraffic: of("total_net_input_bytes") + of("total_net_output_bytes"),
  };
}

/** Returns the CPU microseconds of a process and its children, also those that have ended. */
function cpuOf(pid: number): number {
  return readdirSync("/proc").reduce((sum, name) => {
    if (!/^\d+$/.test(name)) return sum;
    const fields = statOf(name);
    if (Number(name) !== pid && Number(fields[1]) !== pid) return sum;
    const ticks = fields.slice(11, 15).reduce((total, field) => total + Number(field), 0);
    return sum + ticks * MICROSECONDS_OF_TICK;
  }, 0);
}

/** Returns a process's stat fields from the third (its state) on; none of a process that has just ended. */
function statOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  } catch {
    return [];
  }
}

async function writeFiles(): Promise<void> {
  for (let first = 0; first < count; first += 1000) {
    const folder = join(source, String(first / 1000));
    await mkdir(folder, { recursive: true });
    const numbers = Array.from({ length: Math.min(1000, count - first) }, (_, index) => index);
    await Promise.all(
      numbers.map((number) => writeFile(join(folder, `${number}.txt`), `${first}/${number}`)),
    );
  }
}
