import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { dataFolder, startPostgres, startRedis } from "@exhibit/testkit";
import type { Load, Sent, Watch, Watched } from "./api-load/sender.ts";
import type { Listening, ServerOptions } from "./api-load/server.ts";

// What the API serves, and what it costs to know who asks, for docs/performance.md:
// npx node bench/probes/api-load.ts [--seconds 10] [--rounds 100]
// It prints the table. Workers don't run: what is measured is the API, with its ledger and queue.

const secondsEach = Number(optionOf("--seconds") ?? 10);
const rounds = Number(optionOf("--rounds") ?? 100);
/** Requests of each kind in a round, by turns. */
const PER_ROUND = 50;
const AT_ONCE = 16;
const WATCHERS = 1_000;
/** Event streams that one key may have. */
const EACH = 20;
const CHANGES = 10;

function optionOf(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

const rows: string[] = [];
const costs: string[] = [];
for (const engine of ["Redis and Postgres", "embedded"]) await measure(engine);
process.stdout.write(`
| with keys checked | requests/s | p50 | p99 |
|---|---|---|---|
${rows.join("\n")}

| CPU of the API's process for a request | key checked | not checked | their difference | the check alone, of a key that is known |
|---|---|---|---|---|
${costs.join("\n")}
`);

async function measure(engine: string): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const data = stack.adopt(await dataFolder("api-load"), (folder) => folder.remove());
  const root = join(data.path, "evidence");
  await Promise.all([mkdir(root), mkdir(join(data.path, "data"))]);
  const options: ServerOptions = { folder: data.path, root, keys: WATCHERS / EACH };
  const server = await startServerOf(engine, options, stack);
  const sender = stack.adopt(fork(join(import.meta.dirname, "api-load/sender.ts")), ended);
  const { checked, believed, keys } = await told<Listening>(server);

  const send = async (load: Omit<Load, "keys">, by = keys) => {
    sender.send({ load: { ...load, keys: by } });
    const sent = await told<Sent>(sender);
    if (sent.failed > 0)
      throw new Error(`${sent.failed} of ${sent.requests} failed: ${sent.bodies[0]}`);
    return sent;
  };
  const body = JSON.stringify({
    entrust_id: "E-77",
    suit_ids: ["1001"],
    folders: [
      { vendor: "kongur", folder: { suit_id: "1001" }, source: { type: "directory", path: root } },
    ],
  });
  const creating = { url: checked, method: "POST", paths: ["/v1/imports"], body } as const;
  const made = await send({ ...creating, atOnce: 4, count: 100 });
  const ids = made.bodies.map((text) => (JSON.parse(text) as { import_id: string }).import_id);
  const reading = {
    url: checked,
    method: "GET",
    paths: ids.map((id) => `/v1/imports/${id}`),
  } as const;

  server.send("check");
  const alone = await told<number>(server);
  const work = { "`POST /v1/imports`": creating, "`GET /v1/imports/ID`": reading };
  for (const [name, load] of Object.entries(work)) {
    process.stderr.write(`${name}, ${engine} …\n`);
    // Both are compiled before anything is measured.
    for (const url of [checked, believed])
      await send({ ...load, url, atOnce: AT_ONCE, count: 400 });
    const sent = await send({ ...load, atOnce: AT_ONCE, seconds: secondsEach });
    rows.push(
      `| ${name}, ${AT_ONCE} at once, ${engine} | ${(sent.requests / sent.seconds).toFixed(0)} | ${sent.p50.toFixed(1)} ms | ${sent.p99.toFixed(1)} ms |`,
    );
    // One after the other: what waits for others costs the same, but is harder to tell apart. A key that
    // is busy is known; one that comes once in five seconds is read again each time.
    for (const [kind, by] of [
      ["one key", keys.slice(0, 1)],
      [`${keys.length} keys by turns`, keys],
    ] as const) {
      const [withCheck, without] = await compare(
        server,
        (url, count) => send({ ...load, url, atOnce: 1, count }, by),
        [checked, believed],
      );
      const [one, other] = [median(withCheck), median(without)];
      costs.push(
        `| ${name}, ${kind}, ${engine} | ${one.toFixed(0)} µs | ${other.toFixed(0)} µs | ${((one / other - 1) * 100).toFixed(1)} % | ${alone.toFixed(1)} µs |`,
      );
    }
  }
  const watching: Watch = {
    url: checked,
    importId: ids[0] ?? "",
    keys,
    watchers: WATCHERS,
    changes: CHANGES,
  };
  sender.send({ watch: watching });
  const before = await cpuOf(server);
  const { reached, p50, p99 } = await told<Watched>(sender);
  const cpu = (await cpuOf(server)) - before;
  rows.push(
    `| a change until each of ${WATCHERS} watchers has it, ${engine} (${reached} of ${WATCHERS * CHANGES} arrived, ${(cpu / 1e6).toFixed(1)} s of CPU in all) | | ${p50.toFixed(0)} ms | ${p99.toFixed(0)} ms |`,
  );
}

async function startServerOf(
  engine: string,
  options: ServerOptions,
  stack: AsyncDisposableStack,
): Promise<ChildProcess> {
  const addresses: { databaseUrl?: string; redisUrl?: string } = {};
  if (engine !== "embedded") {
    const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
    stack.defer(() => redis.stop());
    stack.defer(() => postgres.stop());
    Object.assign(addresses, { databaseUrl: postgres.url, redisUrl: redis.url });
  }
  const script = join(import.meta.dirname, "api-load/server.ts");
  return stack.adopt(fork(script, [JSON.stringify({ ...options, ...addresses })]), ended);
}

/**
 * Returns the microseconds of CPU for a request at each of two addresses, round by round. The one that
 * is first changes each time, so that what drifts on the machine does for both.
 */
async function compare(
  server: ChildProcess,
  send: (url: string, count: number) => Promise<unknown>,
  urls: readonly [string, string],
): Promise<[number[], number[]]> {
  const costs: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    for (const which of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const before = await cpuOf(server);
      await send(urls[which], PER_ROUND);
      costs[which].push(((await cpuOf(server)) - before) / PER_ROUND);
    }
  }
  return costs;
}

/** Returns the microseconds of CPU that a process has used. */
async function cpuOf(server: ChildProcess): Promise<number> {
  server.send("cpu");
  const { user, system } = await told<NodeJS.CpuUsage>(server);
  return user + system;
}

async function told<Message>(child: ChildProcess): Promise<Message> {
  const over = new AbortController();
  const exit = once(child, "exit", { signal: over.signal }).then(([code]) => {
    throw new Error(`a process of the probe ended with ${code}`);
  });
  try {
    const [message] = (await Promise.race([once(child, "message"), exit])) as [Message];
    return message;
  } finally {
    over.abort();
    exit.catch(() => undefined);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, "exit");
  child.kill();
  await exit;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
