import { apiOfEnvironment } from "../client-context.ts";
import { importIdOf } from "../import-id.ts";
import { watchToEnd } from "../watch-to-end.ts";
import { type CommandModule, jsonOption } from "./command.ts";

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
