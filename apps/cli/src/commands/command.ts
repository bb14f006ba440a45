import type { Command } from "commander";
import type { Streams, Terminal } from "../output/terminal.ts";

/** A command: adds itself to the program. */
export type CommandModule = (program: Command, context: CommandContext) => void;

export interface CommandContext {
  streams: Streams;
  /**
   * Runs a command's work with its terminal and keeps the exit code that it returns. An
   * `ExhibitError` becomes a message, a remedy and an exit code, and with `--json` an object
   * `{"error": …}`.
   */
  run(
    options: { json?: boolean | undefined },
    work: (terminal: Terminal) => Promise<number>,
  ): Promise<void>;
}

export const jsonOption = [
  "--json",
  "print one JSON object at the end of stdout; text for people goes to stderr",
] as const;

export const utcOption = [
  "--utc",
  "show times in UTC instead of this machine's time zone (TZ)",
] as const;
