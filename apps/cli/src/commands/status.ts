import { summaryOf } from "@exhibit/contracts";
import type { ApiClient } from "../api-client.ts";
import { apiOfEnvironment } from "../client-context.ts";
import { exitCodes } from "../exit-codes.ts";
import { folderErrorLines, folderName, importReport, importTable, totals } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { type CommandModule, jsonOption } from "./command.ts";

// Imports that the list shows.
const listed = 20;

export const statusCommand: CommandModule = (program, { run }) => {
  program
    .command("status")
    .description("show how an import and its folders stand, or list the latest imports")
    .argument("[ID]", "the import; without it, the latest imports are listed")
    .option(...jsonOption)
    .action((id: string | undefined, options: { json?: boolean }) =>
      run(options, (terminal) => {
        const api = apiOfEnvironment();
        return id === undefined ? showLatest(api, terminal) : showOne(api, id, terminal);
      }),
    );
};

async function showLatest(api: ApiClient, terminal: Terminal): Promise<number> {
  const { items: views } = await api.list({ limit: listed });
  const lines =
    views.length === 0 ? ["No imports yet. Begin one: npx exhibit import DIR"] : importTable(views);
  for (const line of lines) terminal.say(line);
  terminal.result({ imports: views.map(summaryOf) });
  return exitCodes.done;
}

async function showOne(api: ApiClient, id: string, terminal: Terminal): Promise<number> {
  const view = await api.get(id);
  for (const line of importReport(view)) terminal.say(line);
  terminal.say();
  for await (const folder of api.folders(id)) {
    terminal.say(`${folderName(folder)}  from ${folder.source.path}`);
    terminal.say(`  ${totals(folder)}`);
    for (const line of folderErrorLines(folder)) terminal.say(`  ${line}`);
  }
  terminal.result(summaryOf(view));
  const isBroken = view.status === "attention" || view.status === "cancelled";
  return isBroken ? exitCodes.failed : exitCodes.done;
}
