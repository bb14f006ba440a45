import type { Command } from "commander";
import type { Streams, Terminal } from "../output/terminal.ts";

/** What a command's module gives: it adds itself to the program. */
export type CommandModule = (program: Command, context: CommandContext) => void;

export interface CommandContext {
  streams: Streams;
  /**
   * Runs a command's work with its terminal and keeps the exit code it gives. An `ExhibitError` becomes a sentence, a
   * remedy, an exit code, and with `--json` an object `{"error": …}`.
   */
  run(
    options: { json?: boolean | undefined },
    work: (terminal: Terminal) => Promise<number>,
  ): Promise<void>;
}

export const jsonOption = [
  "--json",
  "end stdout with one JSON object; text for people goes to stderr",
] as const;

export const utcOption = ["--utc", "times in UTC instead of this machine's zone (TZ)"] as const;
