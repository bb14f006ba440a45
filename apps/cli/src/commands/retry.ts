import { type ErrorCode, summaryOf } from "@exhibit/contracts";
import { apiOfEnvironment } from "../client-context.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatCount } from "../format.ts";
import { watchToEnd } from "../watch-to-end.ts";
import { readCode } from "./codes.ts";
import { type CommandModule, jsonOption } from "./command.ts";

interface RetryOptions {
  folder?: string;
  code?: ErrorCode;
  file?: string;
  allowEmpty?: boolean;
  why?: string;
  detach?: boolean;
  json?: boolean;
}

export const retryCommand: CommandModule = (program, { run }) => {
  program
    .command("retry")
    .description("take up what failed in an import, and wait for its end")
    .argument("<ID>", "the import")
    .option("--folder <id>", "only what failed in this folder (folder_id)")
    .option("--code <code>", "only what failed with this code", readCode)
    .option("--file <id>", "only this file (file_id)")
    .option("--allow-empty", "sources that failed with SOURCE_EMPTY are meant to be empty")
    .option("--why <text>", "for the record")
    .option("--detach", "don't wait")
    .option(...jsonOption)
    .action((id: string, options: RetryOptions) =>
      run(options, async (terminal) => {
        const api = apiOfEnvironment();
        const { folder, code, file, allowEmpty, why } = options;
        const view = await api.retry(id, {
          folder_id: folder,
          code,
          file_id: file,
          ...(allowEmpty && { allow_empty: true }),
          why,
        });
        terminal.note(`Import ${id} goes on: ${formatCount(view.planned, "file")} to store.`);
        if (options.detach !== true) return watchToEnd(api, id, terminal);
        terminal.result(summaryOf(view));
        return exitCodes.done;
      }),
    );
};
