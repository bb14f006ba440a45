import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Returns the key that an API with this data folder made for itself. */
export function ownKeyIn(dataDir: string): string {
  return readFileSync(join(dataDir, "api-key"), "utf8").trim();
}
