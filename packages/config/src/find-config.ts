import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Environment } from "./environment.ts";

/** Where `exhibit.yaml` is. */
export interface FoundConfig {
  /** Absolute. */
  readonly path: string;
  /** Whether EXHIBIT_CONFIG names it; otherwise it is in the working folder. */
  readonly isNamed: boolean;
}

/**
 * Returns the `exhibit.yaml` that EXHIBIT_CONFIG names, or the one in the working folder, if any.
 */
export function findConfig(
  { configPath }: Pick<Environment, "configPath">,
  folder = process.cwd(),
): FoundConfig | undefined {
  if (configPath !== undefined) return { path: configPath, isNamed: true };
  const path = resolve(folder, "exhibit.yaml");
  return existsSync(path) ? { path, isNamed: false } : undefined;
}
