import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/**
 * Remembers folders that `exhibit up PATH` imports in this trial, and returns all of them, until
 * `keepRoots` forgets them. So an interrupted import can continue at the next start.
 */
export async function rememberRoots(dataDir: string, added: readonly string[]): Promise<string[]> {
  const known = await rootsIn(dataDir);
  const all = [...new Set([...known, ...added])];
  if (all.length > known.length) await writeRoots(dataDir, all);
  return all;
}

/** Forgets the roots that no open import needs. */
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
    // There is none yet, or a crash has damaged the file; the roots are added again when they are
    // imported.
    return [];
  }
}

async function writeRoots(dataDir: string, roots: readonly string[]): Promise<void> {
  await writeFile(pathIn(dataDir), `${JSON.stringify(roots, null, 2)}\n`);
}

function pathIn(dataDir: string): string {
  return join(dataDir, "roots.json");
}
