import { randomFillSync } from "node:crypto";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ImportView } from "@exhibit/contracts";
import type { OssEntry } from "@exhibit/sandbox";
import { dataFolder, stopProcess } from "@exhibit/testkit";
import { createClient, directory } from "../../test/support/system.ts";
import { parts, startFleet } from "../fleet.ts";

// A worker is killed (SIGKILL) when half of a large file is sent, and another one continues:
// npx node bench/probes/resume.ts [MiB]. It prints the bytes that were sent again and the time until work continued.

const MiB = 1024 * 1024;
const size = Number(process.argv[2] ?? 1024);

await using stack = new AsyncDisposableStack();
const data = stack.adopt(await dataFolder("bench"), (folder) => folder.remove());
const source = join(data.path, "source");
await writeLargeFile(size);
await using fleet = await startFleet({ workers: 1, root: source });
const client = createClient(fleet.apiUrl, fleet.key);
const { body } = await client.post<ImportView>("/v1/imports", {
  entrust_id: "E-1",
  suit_ids: [],
  folders: [directory("kongur", { role: "entrust" }, source)],
});
await until(async () => bytesOf((await partRequests()).filter(isTaken)) >= (size / 2) * MiB);
await fleet.start(parts.worker);
const [worker] = fleet.workers;
if (worker) await stopProcess(worker, "SIGKILL");
const killedAt = Date.now();
await until(async () => (await requests()).some(isGoingOn));
const goneOnAt = (await requests()).find(isGoingOn)?.at ?? Number.NaN;
const view = await client.rest(body.import_id);
const all = await partRequests();
const sentLater = all.filter(({ at }) => at > goneOnAt);
const sendingAt = Math.min(...sentLater.map(({ at }) => at));
const before = size * MiB - bytesOf(sentLater.filter(isTaken));
const again = bytesOf(all.filter(isTaken)) - size * MiB;
const cut = bytesOf(all.filter((request) => !isTaken(request)));
process.stdout.write(
  `${view.status} after ${view.seconds.toFixed(1)} s; gone on with ${before / MiB} of ${size} MiB in OSS. ` +
    `Sent again of what OSS had: ${again / MiB} MiB; of what was in flight: at most ${cut / MiB} MiB. ` +
    `Taken up ${seconds(goneOnAt)} s after the kill, sending again after ${seconds(sendingAt)} s.\n`,
);

function isGoingOn({ operation, at }: OssEntry): boolean {
  return operation === "ListParts" && at > killedAt;
}

function isTaken({ status }: OssEntry): boolean {
  return status === 200;
}

async function requests(): Promise<OssEntry[]> {
  return (await (await fetch(`${fleet.controlUrl}/oss/requests`)).json()) as OssEntry[];
}

async function partRequests(): Promise<OssEntry[]> {
  return (await requests()).filter(({ operation }) => operation === "UploadPart");
}

function bytesOf(entries: readonly OssEntry[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}

function seconds(at: number): string {
  return ((at - killedAt) / 1000).toFixed(1);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}

async function writeLargeFile(mebibytes: number): Promise<void> {
  await mkdir(source, { recursive: true });
  await using file = await open(join(source, "hearing.mp4"), "w");
  const piece = Buffer.alloc(MiB);
  for (let written = 0; written < mebibytes; written += 1) await file.write(randomFillSync(piece));
}
