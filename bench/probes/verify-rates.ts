import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ImportView, VerificationRequestInput, VerificationView } from "@exhibit/contracts";
import { uploaderActions } from "@exhibit/sandbox";
import { dataFolder } from "@exhibit/testkit";
import { createClient, directory } from "../../test/support/system.ts";
import { startFleet } from "../fleet.ts";
import { measureServers } from "../measure.ts";

// How many files a second one worker verifies against the sandbox's OSS, and against the source:
// npx node bench/probes/verify-rates.ts [files] [bytes of each]
// The sandbox, which has one core at most, is what limits looks and downloads.

const count = Number(process.argv[2] ?? 20_000);
const size = Number(process.argv[3] ?? 32 * 1024);
const FILES_OF_FOLDER = 1_000;
const LOOK_EVERY_MS = 50;

await using stack = new AsyncDisposableStack();
const data = stack.adopt(await dataFolder("bench"), (folder) => folder.remove());
const source = join(data.path, "source");
writeFiles();
await using fleet = await startFleet({ workers: 1, root: source });
await fetch(`${fleet.controlUrl}/tokens`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ actions: [...uploaderActions, "oss:ListObjects"] }),
});
const client = createClient(fleet.apiUrl, fleet.key);
const { body } = await client.post<ImportView>("/v1/imports", {
  suit_ids: [],
  // Its leases name the bucket, so they may list it.
  folders: [directory("deepvision", { op_poi_id: "p1", op_tenant_code: "t1" }, source)],
});
await client.rest(body.import_id);

await measure({ against: "receipts" });
for (const by of ["list", "head", "download"] as const) await measure({ against: "oss", by });
await measure({ against: "source" });

async function measure(request: VerificationRequestInput): Promise<void> {
  const pids = fleet.workers.map(({ pid }) => pid ?? 0);
  const { seconds, cpuSeconds } = await measureServers(pids, () => verify(request));
  const how = [request.against, request.by].filter(Boolean).join(" by ");
  process.stdout.write(
    `${how}: ${Math.round(count / seconds)} files/s, ${Math.round((cpuSeconds * 1e6) / count)} µs of the worker's CPU a file\n`,
  );
}

async function verify(request: VerificationRequestInput): Promise<void> {
  const path = `/v1/imports/${body.import_id}/verifications`;
  const { body: begun } = await client.post<VerificationView>(path, request);
  for (;;) {
    const view = await client.get<VerificationView>(`/v1/verifications/${begun.number}`);
    if (view.state !== "running") return check(view);
    await sleep(LOOK_EVERY_MS);
  }
}

function check({ outcome, same }: VerificationView): void {
  if (outcome !== "same" || same !== count)
    throw new Error(`It came to ${outcome}, ${same} files.`);
}

function writeFiles(): void {
  const content = Buffer.alloc(size, "evidence");
  for (let number = 0; number < count; number += 1) {
    const folder = join(source, String(Math.floor(number / FILES_OF_FOLDER)));
    if (number % FILES_OF_FOLDER === 0) mkdirSync(folder, { recursive: true });
    content.writeUInt32LE(number);
    writeFileSync(join(folder, `${number}.bin`), content);
  }
}
