import { mkdtemp, rm } from "node:fs/promises";
import { parseArgs } from "node:util";
import {
  listFiles,
  openEmbeddedLedger,
  openPglite,
  openPostgresLedger,
  proveFile,
  readImport,
  readSealOf,
} from "@exhibit/ledger";
import { openEmbeddedEngine, openRedisEngine } from "@exhibit/queue";
import { dataFolder, startPostgres, startRedis } from "@exhibit/testkit";
import { commandEnvironment, nodeFlags } from "../fleet.ts";
import { measureServers, runProgram } from "../measure.ts";
import { type CustodyWork, custodyWork } from "./custody-work.ts";
import { measureFirstPut } from "./first-put.ts";
import { type Base, bytesOf, memoryOf, ringToTheEnd, storeAll } from "./ledger-work.ts";
import { createPlannedImport, writeSmallFiles } from "./planned-import.ts";

// What grows with the number of files:
// npx node bench/probes/planning.ts [--files 1000000] [--embedded] [--source FOLDER] [--no-first-put] [--json]
// It plans, records every outcome as workers do, runs the jobs without work, and measures the time
// to the first PUT of a fleet.

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "100000" },
    embedded: { type: "boolean", default: false },
    source: { type: "string" },
    "first-put": { type: "boolean", default: true },
    json: { type: "boolean", default: false },
  },
  allowNegative: true,
});
const count = Number(values.files);
const LOOKS = 20;
/** A worker sets the last one itself. */
const flagsOfWorker = [...nodeFlags, "--heap-growing-percent=50"];

await using stack = new AsyncDisposableStack();
const root = values.source ?? (await writeFiles());
const base = await (values.embedded ? openEmbedded() : openServers());
const { ledger, engine } = base;
const figures: Record<string, number> = { files: count };

const empty = await memoryOf(base);
const planned = stack.use(await createPlannedImport(base, root));
const { importId, folderId } = planned;
await measure("planning", planned.plan);
const shards = await planned.shards();
tell("redis bytes a waiting shard", ((await memoryOf(base)) - empty) / shards.length);
await measure("outcomes", () => storeAll(ledger, folderId, shards));
const view = await readImport(ledger, importId);
const began = performance.now();
for (let look = 0; look < LOOKS; look += 1) await readImport(ledger, importId);
tell("progress look, ms", (performance.now() - began) / LOOKS);
if (view.stored !== count) throw new Error(JSON.stringify(view));
tell("ledger bytes a file", (await bytesOf(ledger, ["files", "shards", "lease_uses"])) / count);
await measureCustody("sealing");
tell("ledger bytes a file of the seal", (await bytesOf(ledger, ["seal_blocks"])) / count);
await measureCustody("verifying");
const middle = await listFiles(ledger, importId, { limit: 1, start: "5" });
const asked = performance.now();
await proveFile(ledger, await readSealOf(ledger, importId), middle.items[0]?.file_id ?? "");
tell("proof of one file, ms", performance.now() - asked);
await ringToTheEnd(engine, shards.length);
tell("redis bytes a shard that is done", ((await memoryOf(base)) - empty) / shards.length);
if (values["first-put"] && !values.embedded)
  tell("seconds to the first PUT", await measureFirstPut(root));
if (values.json) process.stdout.write(`${JSON.stringify(figures)}\n`);

/** Writes the files to tmpfs, because the disk isn't what is measured. */
async function writeFiles(): Promise<string> {
  const folder = await mkdtemp("/dev/shm/exhibit-planning-");
  stack.defer(() => rm(folder, { recursive: true }));
  writeSmallFiles(folder, count);
  return folder;
}

async function openServers(): Promise<Base> {
  const [redis, postgres] = [await startRedis(), await startPostgres()];
  stack.defer(() => Promise.all([redis.stop(), postgres.stop()]).then(() => {}));
  const opened = {
    ledger: await openPostgresLedger(postgres.url),
    engine: await openRedisEngine(redis.url),
  };
  stack.defer(() => Promise.all([opened.engine.close(), opened.ledger.close()]).then(() => {}));
  return {
    ...opened,
    redisUrl: redis.url,
    databaseUrl: postgres.url,
    pids: [redis.pid, postgres.pid],
  };
}

async function openEmbedded(): Promise<Base> {
  const data = await dataFolder("planning");
  stack.defer(() => data.remove());
  const pglite = await openPglite(data.path);
  stack.defer(() => pglite.close());
  const opened = {
    ledger: await openEmbeddedLedger(pglite),
    engine: await openEmbeddedEngine(pglite),
  };
  stack.defer(() => opened.engine.close());
  return { ...opened, redisUrl: undefined, databaseUrl: undefined, pids: [] };
}

/** Measures it in a process of its own, set as a worker is, or on PGlite in this one. */
async function measureCustody(what: CustodyWork): Promise<void> {
  const { databaseUrl } = base;
  if (databaseUrl === undefined)
    return await measure(what, () => custodyWork[what](ledger, importId));
  const program = [`${import.meta.dirname}/custody-process.ts`, what, databaseUrl, importId];
  const run = () =>
    runProgram(process.execPath, [...flagsOfWorker, ...program], commandEnvironment);
  const { result, cpuSeconds, seconds } = await measureServers(base.pids, run);
  tell(`${what}, files/s`, count / seconds);
  tell(`${what}, µs of CPU a file in its process`, (result.cpuSeconds * 1e6) / count);
  tell(`${what}, µs of CPU a file of the servers`, (cpuSeconds * 1e6) / count);
  tell(`${what}, peak in MB`, result.peak / 1e6);
}

async function measure(what: string, work: () => Promise<unknown>): Promise<void> {
  const before = process.cpuUsage();
  const { seconds, cpuSeconds } = await measureServers(base.pids, work);
  const { user, system } = process.cpuUsage(before);
  tell(`${what}, files/s`, count / seconds);
  tell(`${what}, µs of CPU a file here`, (user + system) / count);
  tell(`${what}, µs of CPU a file of the servers`, (cpuSeconds * 1e6) / count);
}

function tell(what: string, value: number): void {
  figures[what] = Number(value.toPrecision(4));
  process.stderr.write(`${what}: ${figures[what]}\n`);
}
