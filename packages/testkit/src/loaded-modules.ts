import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(?!type\s)[^"';]*?from\s+"([^"]+)"/g;

/**
 * Returns every module of ours that is loaded with `file` (what it imports only when it needs it isn't), each with the other
 * specifiers that it names.
 */
export function loadedModules(
  file: string,
  seen = new Map<string, string[]>(),
): Map<string, string[]> {
  if (seen.has(file)) return seen;
  const foreign: string[] = [];
  seen.set(file, foreign);
  for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(IMPORT)) {
    if (specifier.startsWith(".")) {
      loadedModules(fileURLToPath(new URL(specifier, `file://${file}`)), seen);
    } else if (specifier.startsWith("@exhibit/")) {
      loadedModules(fileURLToPath(import.meta.resolve(specifier)), seen);
    } else foreign.push(specifier);
  }
  return seen;
}
