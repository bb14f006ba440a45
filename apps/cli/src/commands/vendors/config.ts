import { type ExhibitConfig, findConfig, loadConfig, readEnvironment } from "@exhibit/config";
import { badUse } from "../../output/exit-codes.ts";
import type { Terminal } from "../../output/terminal.ts";

/** Loads `exhibit.yaml` for a command, and notes when it is that of the working folder. */
export async function configOf(command: string, terminal: Terminal): Promise<ExhibitConfig> {
  const found = findConfig(readEnvironment());
  if (found === undefined) {
    throw badUse(`exhibit ${command} needs exhibit.yaml: set EXHIBIT_CONFIG.`);
  }
  if (!found.isNamed) terminal.note("EXHIBIT_CONFIG isn't set, so ./exhibit.yaml is used.");
  const config = await loadConfig(found.path);
  if (config.trial) terminal.note("The configuration is a trial's: its vendors are a sandbox's.");
  return config;
}
