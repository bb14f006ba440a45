import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dataFolder } from "@exhibit/testkit";
import { createClient, directory } from "../../test/support/system.ts";
import { startFleet } from "../fleet.ts";

// Eight worker processes share the leases of one folder with very many shards; tokens live for a minute:
// npx node bench/probes/lease-processes.ts [shards]. Prints the vendor's calls, and the files that failed.

const WORKERS = 8;
const FILES_OF_SHARD = 256;
const LIFETIME_SECONDS = 60;

const shards = Number(process.argv[2] ?? 2000);

await using stack = new AsyncDisposableStack();
const data = stack.adopt(await dataFolder("bench"), (folder) => folder.remove());
const source = join(data.path, "source");
await writeFiles(shards * FILES_OF_SHARD);

await using fleet = await startFleet({
  workers: WORKERS,
  root: source,
  leaseSeconds: LIFETIME_SECONDS,
});

const client = createClient(fleet.apiUrl, fleet.key);
const view = await client.run({
  entrust_id: "E-1",
  suit_ids: [],
  folders: [directory("kongur", { role: "entrust" }, source)],
});
const log = await fetch(`${fleet.controlUrl}/gateway/requests`);
const calls = ((await log.json()) as unknown[]).length;
const lifetimes = Math.ceil(view.seconds / LIFETIME_SECONDS);
process.stdout.write(
  `${view.status}: ${view.stored} of ${view.files} files stored in ${view.seconds.toFixed(0)} s by ${WORKERS} workers, ` +
    `${view.failed} failed; ${calls} calls to the vendor in ${lifetimes} token lifetimes\n`,
);

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
