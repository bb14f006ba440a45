import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Environment, type FoundConfig, findConfig } from "@exhibit/config";
import { badUse } from "../output/exit-codes.ts";

/** The options of `exhibit up`. */
export interface UpOptions {
  once?: boolean;
  /** Use no configuration, even if there is one. */
  trial?: boolean;
  bwlimit?: string;
  json?: boolean;
}

/** What `exhibit up` runs on. */
export interface Setting {
  readonly environment: Environment;
  /** Undefined for a trial with a sandbox of its own. */
  readonly config: FoundConfig | undefined;
}

/**
 * Decides what `exhibit up` runs on. A trial has a data folder of its own, and uses external
 * servers only with `--trial`, because they may belong to a live deployment. Throws REQUEST_INVALID
 * for what is ambiguous.
 */
export function settingOf(
  environment: Environment,
  path: string | undefined,
  { once, trial }: Pick<UpOptions, "once" | "trial">,
): Setting {
  const config = findConfig(environment);
  if (trial === true && config?.isNamed === true) {
    throw badUse(
      `--trial uses no configuration, but EXHIBIT_CONFIG names ${config.path}. Unset it for a trial; leave out --trial for your vendors.`,
    );
  }
  if (config !== undefined && trial !== true) {
    checkImportsNothing(config, path, once);
    return { environment, config };
  }
  if (environment.databaseUrl !== undefined && trial !== true) {
    throw badUse(
      "EXHIBIT_REDIS_URL and EXHIBIT_DATABASE_URL are set, but there is no configuration: a trial would use servers that may belong to a live deployment. For your vendors, set EXHIBIT_CONFIG. For a trial, unset both. To use these servers for a trial forever: exhibit up --trial",
    );
  }
  const dataDir = join(environment.dataDir, "trial");
  return { environment: { ...environment, dataDir }, config: undefined };
}

function checkImportsNothing(
  { isNamed }: FoundConfig,
  path: string | undefined,
  once: boolean | undefined,
): void {
  const why = isNamed ? "EXHIBIT_CONFIG is set" : "exhibit.yaml is in this folder and is used";
  const ways = [
    `For your vendors: start "exhibit up", then in another terminal: npx exhibit import ${path ?? "DIR"} --entrust E --suit S`,
    `For a trial with a sandbox: ${isNamed ? "unset EXHIBIT_CONFIG" : `npm start -- --trial ${once === true ? "--once " : ""}${path ?? ""}`.trimEnd()}`,
  ];
  if (path !== undefined) {
    throw badUse([`To import a folder, name its place at a vendor: ${why}.`, ...ways]);
  }
  if (once === true) {
    throw badUse([
      `"up" imports nothing itself, so --once has nothing to wait for: ${why}.`,
      ...ways,
    ]);
  }
}

/**
 * Whether a trial of an older release, which had no subfolder, has left files in the data folder.
 */
export async function hasOldTrial(dataDir: string): Promise<boolean> {
  // Only trials make these.
  const found = await Promise.allSettled(
    ["sample-case", "roots.json"].map((name) => access(join(dataDir, name))),
  );
  return found.some(({ status }) => status === "fulfilled");
}
