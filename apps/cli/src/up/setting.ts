import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Environment, type FoundConfig, findConfig } from "@exhibit/config";
import { badUse } from "../output/exit-codes.ts";
import type { UpOptions } from "./up.ts";

/** What `exhibit up` runs on. */
export interface Setting {
  readonly environment: Environment;
  /** Undefined: a trial, with a sandbox of its own. */
  readonly config: FoundConfig | undefined;
}

/**
 * A trial has a data folder of its own, and external servers only when it is asked for by `--trial`: they may be those of a
 * live deployment. Throws REQUEST_INVALID for what could be meant in two ways.
 */
export function settingOf(
  environment: Environment,
  path: string | undefined,
  { once, trial }: Pick<UpOptions, "once" | "trial">,
): Setting {
  const config = findConfig(environment);
  if (trial === true && config?.isNamed === true) {
    throw badUse(
      `--trial uses no configuration, and EXHIBIT_CONFIG names ${config.path}. Unset it to try; leave --trial for your vendors.`,
    );
  }
  if (config !== undefined && trial !== true) {
    checkImportsNothing(config, path, once);
    return { environment, config };
  }
  if (environment.databaseUrl !== undefined && trial !== true) {
    throw badUse(
      "EXHIBIT_REDIS_URL and EXHIBIT_DATABASE_URL are set, and no configuration: a trial would join servers that may be a live deployment's. For your vendors, set EXHIBIT_CONFIG; to try, unset both; to have these servers be a trial's for good: exhibit up --trial",
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
  const why = isNamed ? "EXHIBIT_CONFIG is set" : "exhibit.yaml lies in this folder and is used";
  const ways = [
    `For your vendors: start it by "exhibit up", then in another terminal: npx exhibit import ${path ?? "DIR"} --entrust E --suit S`,
    `To try it with a sandbox: ${isNamed ? "unset EXHIBIT_CONFIG" : `npm start -- --trial ${once === true ? "--once " : ""}${path ?? ""}`.trimEnd()}`,
  ];
  if (path !== undefined) {
    throw badUse([`A folder needs its place at a vendor: ${why}.`, ...ways].join("\n"));
  }
  if (once === true) {
    throw badUse(
      [`"up" imports nothing by itself, so --once has nothing to wait for: ${why}.`, ...ways].join(
        "\n",
      ),
    );
  }
}

/** Whether a trial of a release that had no folder for it has left its things in the data folder. */
export async function hasOldTrial(dataDir: string): Promise<boolean> {
  // Only trials made these.
  const found = await Promise.allSettled(
    ["sample-case", "roots.json"].map((name) => access(join(dataDir, name))),
  );
  return found.some(({ status }) => status === "fulfilled");
}
