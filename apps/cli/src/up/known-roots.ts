import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/**
 * The folders that `exhibit up PATH` was given for this trial, with `added` among them, as long as `keepRoots` keeps them: so an
 * import that was interrupted goes on at the next start.
 */
export async function rememberRoots(dataDir: string, added: readonly string[]): Promise<string[]> {
  const known = await rootsIn(dataDir);
  const all = [...new Set([...known, ...added])];
  if (all.length > known.length) await writeRoots(dataDir, all);
  return all;
}

/** Forgets the others: what nothing is open of needn't be readable at the next start. */
export async function keepRoots(
  dataDir: string,
  isNeeded: (root: string) => boolean,
): Promise<void> {
  const known = await rootsIn(dataDir);
  const kept = known.filter(isNeeded);
  if (kept.length < known.length) await writeRoots(dataDir, kept);
}

async function rootsIn(dataDir: string): Promise<string[]> {
  try {
    return z.array(z.string()).parse(JSON.parse(await readFile(pathIn(dataDir), "utf8")));
  } catch {
    // None yet, or spoiled by a crash: then they are given anew.
    return [];
  }
}

async function writeRoots(dataDir: string, roots: readonly string[]): Promise<void> {
  await writeFile(pathIn(dataDir), `${JSON.stringify(roots, null, 2)}\n`);
}

function pathIn(dataDir: string): string {
  return join(dataDir, "roots.json");
}
