import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { importIdOf } from "../../client/import-id.ts";
import { watchToEnd } from "../../client/watch-to-end.ts";
import { type CommandModule, jsonOption } from "../command.ts";

export const watchCommand: CommandModule = (program, { run }) => {
  program
    .command("watch")
    .description("show an import's progress until it ends")
    .argument("<ID>", "the import")
    .option(...jsonOption)
    .action((id: string, options: { json?: boolean }) =>
      run(options, async (terminal) => {
        const api = apiOfEnvironment();
        return await watchToEnd(api, await importIdOf(api, id), terminal);
      }),
    );
};
