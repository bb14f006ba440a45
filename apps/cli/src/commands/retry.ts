import { summaryOf } from "@exhibit/contracts";
import { apiOfEnvironment } from "../client-context.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatCount } from "../format.ts";
import { watchToEnd } from "../watch-to-end.ts";
import { type CommandModule, jsonOption } from "./command.ts";

export const retryCommand: CommandModule = (program, { run }) => {
  program
    .command("retry")
    .description("take up what failed in an import, and wait for its end")
    .argument("<ID>", "the import")
    .option("--detach", "don't wait")
    .option(...jsonOption)
    .action((id: string, options: { detach?: boolean; json?: boolean }) =>
      run(options, async (terminal) => {
        const api = apiOfEnvironment();
        const view = await api.retry(id);
        terminal.note(`Import ${id} goes on: ${formatCount(view.planned, "file")} to store.`);
        if (options.detach !== true) return watchToEnd(api, id, terminal);
        terminal.result(summaryOf(view));
        return exitCodes.done;
      }),
    );
};
