import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { dataFolder, stopProcess } from "@exhibit/testkit";
import { embeddedScript } from "../contest/contenders/embedded.ts";
import { type Fleet, parts, startFleet, startVendors } from "../fleet.ts";
import { cpuOf } from "../measure.ts";

// What a process costs before it has work: npx node bench/probes/start-up.ts [--rounds 5] [--idle 20] [--json]
// `ready` is the wall-clock time from the process's start until it says that it takes work, `cpu` its
// CPU time until then. `embedded` is the same from the start of one process on PGlite to the first
// PUT, in a new data folder and in a used one. Idle: the share of one core, in percent, and the
// resident memory in MB.

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    idle: { type: "string", default: "20" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const idleMs = Number(values.idle) * 1000;

const figures = { ...(await measureFleet()), embedded: await measureEmbedded() };
process.stdout.write(`${JSON.stringify(figures, undefined, values.json ? undefined : 2)}\n`);

async function measureFleet() {
  await using stack = new AsyncDisposableStack();
  const data = stack.adopt(await dataFolder("bench"), (folder) => folder.remove());
  const fleet = stack.use(await startFleet({ workers: 0, root: data.path }));
  const starts = { worker: [] as Start[], api: [] as Start[] };
  for (let round = 0; round < rounds; round++) {
    starts.worker.push(await timeStart(fleet, "worker"));
    starts.api.push(await timeStart(fleet, "api"));
  }
  return {
    worker: { ...medianOf(starts.worker), ...(await idle(fleet, "worker")) },
    api: { ...medianOf(starts.api), ...(await idle(fleet, "api")) },
  };
}

interface Start {
  ready: number;
  cpu: number;
}

async function timeStart(fleet: Fleet, part: keyof typeof parts): Promise<Start> {
  const began = performance.now();
  const child = await fleet.start(parts[part]);
  const ready = (performance.now() - began) / 1000;
  const cpu = await cpuOf(child.pid ?? 0);
  await stopProcess(child);
  return { ready, cpu };
}

/** Measures what a process uses while there is no work. */
async function idle(fleet: Fleet, part: keyof typeof parts) {
  const child = await fleet.start(parts[part]);
  const { pid = 0 } = child;
  // What a start leaves to be done isn't idling.
  await setTimeout(2000);
  const before = await cpuOf(pid);
  await setTimeout(idleMs);
  const idlePercent = (100_000 * ((await cpuOf(pid)) - before)) / idleMs;
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const idleMegabytes = Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  await stopProcess(child);
  return { idlePercent, idleMegabytes };
}

async function measureEmbedded() {
  const first: Start[] = [];
  const again: Start[] = [];
  for (let round = 0; round < rounds; round++) {
    await using stack = new AsyncDisposableStack();
    const data = stack.adopt(await dataFolder("bench"), (folder) => folder.remove());
    const source = join(data.path, "source");
    await mkdir(source);
    await writeFile(join(source, "1.txt"), "evidence");
    first.push(await timeFirstPut(source, data.path));
    again.push(await timeFirstPut(source, data.path));
  }
  return { first: medianOf(first), again: medianOf(again) };
}

/** Returns the time until the first PUT; the process is ended then. */
async function timeFirstPut(source: string, dataDir: string): Promise<Start> {
  await using stack = new AsyncDisposableStack();
  const arrived = Promise.withResolvers<number>();
  const bucket = createServer((request, response) => {
    if (request.method === "PUT") arrived.resolve(performance.now());
    response.writeHead(404).end();
  });
  stack.defer(() => void bucket.close().closeAllConnections());
  await new Promise<void>((resolve) => bucket.listen(0, "127.0.0.1", resolve));
  const address = bucket.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const { configPath } = stack.use(
    await startVendors({ workers: 0, root: source, ossUrl: `http://127.0.0.1:${port}` }),
  );
  const began = performance.now();
  const env = { ...process.env, EXHIBIT_CONFIG: configPath, EXHIBIT_DATA_DIR: dataDir };
  const child = spawn(process.execPath, [embeddedScript, source], { env, stdio: "ignore" });
  stack.defer(() => stopProcess(child, "SIGKILL"));
  const ready = ((await arrived.promise) - began) / 1000;
  return { ready, cpu: await cpuOf(child.pid ?? 0) };
}

function medianOf(starts: readonly Start[]): Start {
  return {
    ready: median(starts.map(({ ready }) => ready)),
    cpu: median(starts.map(({ cpu }) => cpu)),
  };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
