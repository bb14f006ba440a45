import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openPostgresLedger } from "@exhibit/ledger";
import { openRedisEngine } from "@exhibit/queue";
import { dataFolder } from "@exhibit/testkit";
import { createClient } from "../../test/support/system.ts";
import { commandEnvironment, commandLine, startFleet } from "../fleet.ts";
import { measureServers, runProgram, type Usage } from "../measure.ts";
import { custodyWork } from "./custody-work.ts";
import { storeAll } from "./ledger-work.ts";
import { createPlannedImport, smallFileSha256, writeSmallFiles } from "./planned-import.ts";

// What the bag of an import of files of 1 KiB costs the API that makes it, without its files:
// npx node bench/probes/bag-export.ts [--files 200000] [--whole]
// With --whole also what it costs to add the files, and to check all of it. No file is sent anywhere.

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "200000" },
    whole: { type: "boolean", default: false },
  },
});
const count = Number(values.files);

await using stack = new AsyncDisposableStack();
// On tmpfs, because the disk isn't what is measured.
const data = stack.adopt(await dataFolder("bench"), (folder) => folder.remove());
const root = join(data.path, "source");
await mkdir(root);
writeSmallFiles(root, count);
await using fleet = await startFleet({ workers: 0, root });
const importId = await sealed();
const { ask } = createClient(fleet.apiUrl, fleet.key);
const [api = 0] = fleet.pids;
const postgres = fleet.pids.at(-1) ?? 0;

// The first one also loads what writes reports.
for (const which of ["the first bag", "the second"]) {
  const { result: made, cpuSeconds } = await measureServers([postgres], () =>
    measureServers([api], exportBag),
  );
  tell(`${which}, in the API`, made);
  tell(`  ${which}, in Postgres`, { ...made, cpuSeconds, peak: undefined });
  process.stdout.write(`  ${(made.result / count).toFixed(0)} bytes a file\n`);
}
if (values.whole) {
  const bag = join(data.path, "bag");
  tell("exhibit export", await exhibit("export", importId, "--to", bag));
  tell("exhibit verify --bag", await exhibit("verify", "--bag", bag));
}

/** Makes an import as if its files had been stored, seals it, and returns its id. */
async function sealed(): Promise<string> {
  await using owned = new AsyncDisposableStack();
  const ledger = owned.adopt(await openPostgresLedger(fleet.databaseUrl), (it) => it.close());
  const engine = owned.adopt(await openRedisEngine(fleet.redisUrl), (it) => it.close());
  const planned = owned.use(await createPlannedImport({ ledger, engine }, root));
  await planned.plan();
  await storeAll(ledger, planned.folderId, await planned.shards(), () => smallFileSha256);
  await custodyWork.sealing(ledger, planned.importId);
  return planned.importId;
}

/** Reads a bag to its end, and returns how many bytes it has. */
async function exportBag(): Promise<number> {
  const response = await ask(`/v1/imports/${importId}/exports`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  if (!response.ok) throw new Error(await response.text());
  let bytes = 0;
  for await (const part of response.body ?? []) bytes += part.length;
  return bytes;
}

function exhibit(...args: string[]): Promise<Usage> {
  const env = { EXHIBIT_API_URL: fleet.apiUrl, EXHIBIT_API_KEY: fleet.key() };
  return runProgram(process.execPath, [...commandLine, ...args], { ...commandEnvironment, ...env });
}

function tell(
  what: string,
  { seconds, cpuSeconds, peak }: Omit<Usage, "peak"> & { peak?: number | undefined },
): void {
  const most = peak === undefined ? "" : `, ${(peak / 1e6).toFixed(0)} MB at most`;
  process.stdout.write(
    `${what}: ${seconds.toFixed(1)} s, ${((cpuSeconds * 1e6) / count).toFixed(1)} µs of CPU a file${most}\n`,
  );
}
