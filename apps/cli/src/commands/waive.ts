import { summaryOf } from "@exhibit/contracts";
import { apiOfEnvironment } from "../client-context.ts";
import { badUse, exitCodes } from "../exit-codes.ts";
import { formatCount } from "../format.ts";
import type { Terminal } from "../terminal.ts";
import { watchToEnd } from "../watch-to-end.ts";
import { type CommandModule, jsonOption } from "./command.ts";
import { collect } from "./repeated-options.ts";

interface WaiveOptions {
  why: string;
  file?: string[];
  code?: string;
  all?: boolean;
  json?: boolean;
}

export const waiveCommand: CommandModule = (program, { run }) => {
  program
    .command("waive")
    .description(
      "give failed files up, with who and why; with nothing else failed, the import is sealed",
    )
    .argument("<ID>", "the import")
    .requiredOption("--why <text>", "for the record")
    .option("--file <id>", "a file (file_id of GET /v1/imports/ID/files); may be repeated", collect)
    .option("--code <code>", "all that failed with this code")
    .option("--all", "all that failed")
    .option(...jsonOption)
    .action((id: string, options: WaiveOptions) =>
      run(options, (terminal) => waive(id, options, terminal)),
    );
};

async function waive(id: string, options: WaiveOptions, terminal: Terminal): Promise<number> {
  const { why, file: file_ids, code, all } = options;
  const named = [file_ids, code, all].filter((value) => value !== undefined);
  if (named.length !== 1) {
    throw badUse("Say which files are given up: one of --file ID, --code CODE or --all.");
  }
  const api = apiOfEnvironment();
  const view = await api.waive(id, { why, code, file_ids });
  terminal.note(`Import ${id}: ${formatCount(view.waived, "file")} given up so far.`);
  // Sealing is soon done; what is still being stored, or failed for another reason, isn't waited for.
  if (view.status === "sealing" || view.status === "sealed") return watchToEnd(api, id, terminal);
  terminal.note(`${formatCount(view.failed, "failed file")} left.`);
  terminal.result(summaryOf(view));
  return exitCodes.done;
}
