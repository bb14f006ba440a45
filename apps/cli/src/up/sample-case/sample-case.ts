import { access, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ImportRequest } from "@exhibit/contracts";
import { createRandom } from "./files/random.ts";
import { type SampleFile, sampleFiles } from "./sample-plan.ts";

// Raised when the plan changes, so that an older sample case is made again.
const edition = "2";

/**
 * Makes the sample case in `folder`, unless it is there and complete, and returns whether it did.
 * It has the same bytes, names and times on every machine.
 */
export async function ensureSampleCase(folder: string): Promise<{ made: boolean }> {
  const files = sampleFiles();
  // It is outside the folders that are imported, so that it isn't evidence, and written last.
  const marker = join(folder, ".complete");
  if ((await textOf(marker)) === edition && (await allThere(folder, files))) return { made: false };
  await rm(folder, { recursive: true, force: true });
  for (const file of files) await writeSample(folder, file);
  await writeFile(marker, edition);
  return { made: true };
}

/**
 * Returns the import of the sample case: two suits, the roles' folders, and a store. Its ids are no
 * real case's.
 */
export function sampleRequest(folder: string): ImportRequest {
  const bound = (vendor: string, selector: Record<string, string>, name: string) => ({
    vendor,
    folder: selector,
    source: { type: "directory" as const, path: join(folder, name) },
  });
  return {
    entrust_id: "TRIAL-E-77",
    suit_ids: ["TRIAL-1001", "TRIAL-1002"],
    folders: [
      bound("kongur", { suit_id: "TRIAL-1001" }, "TRIAL-1001"),
      bound("kongur", { suit_id: "TRIAL-1002" }, "TRIAL-1002"),
      bound("kongur", { role: "entrust" }, "entrust"),
      bound("kongur", { role: "lawyer" }, "lawyer"),
      bound("kongur", { role: "firm" }, "firm"),
      bound("deepvision", { op_poi_id: "TRIAL-p1", op_tenant_code: "TRIAL-t1" }, "store"),
    ],
  };
}

async function writeSample(folder: string, file: SampleFile): Promise<void> {
  const path = join(folder, file.path);
  await mkdir(dirname(path), { recursive: true });
  await using handle = await open(path, "wx");
  for (const part of file.content()) await handle.writeFile(part);
  const time = timeOf(file);
  await handle.utimes(time, time);
}

/** Returns a minute of March 2026. */
function timeOf(file: SampleFile): Date {
  const minutes = createRandom(`time of ${file.path}`).below(31 * 24 * 60);
  return new Date(Date.UTC(2026, 2, 1) + minutes * 60_000);
}

async function allThere(folder: string, files: readonly SampleFile[]): Promise<boolean> {
  const found = await Promise.allSettled(files.map((file) => access(join(folder, file.path))));
  return found.every((result) => result.status === "fulfilled");
}

async function textOf(path: string): Promise<string | undefined> {
  return await readFile(path, "utf8").catch(() => undefined);
}
