import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Environment } from "./environment.ts";

/** Where `exhibit.yaml` is. */
export interface FoundConfig {
  /** Absolute. */
  readonly path: string;
  /** Whether EXHIBIT_CONFIG says so; else it lies in the working folder. */
  readonly isNamed: boolean;
}

/** The `exhibit.yaml` that EXHIBIT_CONFIG names or, where it isn't set, the one in the working folder. */
export function findConfig(
  { configPath }: Pick<Environment, "configPath">,
  folder = process.cwd(),
): FoundConfig | undefined {
  if (configPath !== undefined) return { path: configPath, isNamed: true };
  const path = resolve(folder, "exhibit.yaml");
  return existsSync(path) ? { path, isNamed: false } : undefined;
}
