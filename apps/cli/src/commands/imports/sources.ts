import { resolve } from "node:path";
import type { SourceFolder } from "@exhibit/contracts";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { exitCodes } from "../../output/exit-codes.ts";
import {
  formatCount,
  formatNumber,
  formatTable,
  formatTime,
  shortId,
} from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";
import { readFrom } from "../arguments/whole-number.ts";
import { type CommandModule, jsonOption } from "../command.ts";

interface SourcesOptions {
  limit: number;
  after?: string;
  json?: boolean;
}

export const sourcesCommand: CommandModule = (program, { run }) => {
  program
    .command("sources")
    .description(
      "list the folders that can be imported, as the workers see them, and when they were",
    )
    .argument("[DIR]", "the folder to look into; without it, those that everything lies below")
    .option("--limit <N>", "folders to show", readFrom(1), 100)
    .option("--after <name>", "only folders whose names come after this one")
    .option(...jsonOption)
    .addHelpText("after", examples)
    .action((folder: string | undefined, options: SourcesOptions) =>
      run(options, (terminal) => listSources(folder, options, terminal)),
    );
};

const examples = `
Examples:
  exhibit sources
  exhibit sources /evidence
  exhibit sources /evidence --after 1099`;

async function listSources(
  folder: string | undefined,
  { limit, after }: SourcesOptions,
  terminal: Terminal,
): Promise<number> {
  const path = folder === undefined ? undefined : resolve(folder);
  const found = await apiOfEnvironment().sourceFolders({ path, limit, after });
  const { items, next, complete, unnamed } = found;
  const header = ["FOLDER", "FILES", "FOLDERS", "IMPORTED", "IMPORT", "STATUS"];
  if (items.length === 0) terminal.say(`There is no folder in ${path ?? "sources.roots"}.`);
  else for (const line of formatTable([header, ...items.map(rowOf)], [1, 2])) terminal.say(line);
  if (next !== null) terminal.note(`There are more: --after ${JSON.stringify(next)}`);
  if (!complete) terminal.note("Only the first 100,000 entries of the folder were looked at.");
  if (unnamed > 0)
    terminal.note(
      `${formatCount(unnamed, "folder")} can't be named, because the names aren't UTF-8: import the folder above.`,
    );
  terminal.result(found);
  return exitCodes.done;
}

function rowOf({ name, files, folders, counted_all, last_import: last }: SourceFolder): string[] {
  const count = (number: number | null) =>
    number === null ? "-" : `${formatNumber(number)}${counted_all ? "" : "+"}`;
  return [
    name,
    count(files),
    count(folders),
    ...(last === null
      ? ["", "", ""]
      : [formatTime(last.created_at), shortId(last.import_id), last.status]),
  ];
}
