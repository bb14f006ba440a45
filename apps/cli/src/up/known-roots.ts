import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/**
 * The folders that `exhibit up PATH` was ever given for this data folder, with `added` among them. They stay readable,
 * so that an import that was interrupted goes on at the next start.
 */
export async function rememberRoots(dataDir: string, added: readonly string[]): Promise<string[]> {
  const path = join(dataDir, "roots.json");
  const known = await rootsIn(path);
  const all = [...new Set([...known, ...added])];
  if (all.length > known.length) await writeFile(path, `${JSON.stringify(all, null, 2)}\n`);
  return all;
}

async function rootsIn(path: string): Promise<string[]> {
  try {
    return z.array(z.string()).parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    // None yet, or spoiled by a crash: then they are given anew.
    return [];
  }
}
