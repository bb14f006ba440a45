import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { importIdOf } from "../../client/import-id.ts";
import { exitCodes } from "../../output/exit-codes.ts";
import { importReport } from "../../output/import-report.ts";
import { type CommandModule, jsonOption } from "../command.ts";

export const cancelCommand: CommandModule = (program, { run }) => {
  program
    .command("cancel")
    .description("stop an import forever; what is stored stays on record")
    .argument("<ID>", "the import")
    .option("--why <text>", "why, for the audit log")
    .option(...jsonOption)
    .action((id: string, { why, ...options }: { why?: string; json?: boolean }) =>
      run(options, async (terminal) => {
        const api = apiOfEnvironment();
        const view = await api.cancel(await importIdOf(api, id), { why });
        for (const line of importReport(view)) terminal.say(line);
        terminal.result(view);
        return exitCodes.done;
      }),
    );
};
