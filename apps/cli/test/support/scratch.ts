import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A new folder that is removed after the test, holding `files` (a path that ends in `/` is a folder). */
export async function scratchFolder(files: readonly string[] = []): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "exhibit-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const path of files) {
    const full = join(folder, path);
    await mkdir(path.endsWith("/") ? full : dirname(full), { recursive: true });
    if (!path.endsWith("/")) await writeFile(full, path);
  }
  return folder;
}
