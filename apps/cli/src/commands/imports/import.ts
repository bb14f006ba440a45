import { type NameEncoding, nameEncodings, TRIAL_NOTICE } from "@exhibit/contracts";
import { Option } from "commander";
import { type CaseOptions, mapCase, mappingLines } from "../../case/case-folders.ts";
import { caseRoles } from "../../case/vendor-folders.ts";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { watchToEnd } from "../../client/watch-to-end.ts";
import { exitCodes } from "../../output/exit-codes.ts";
import type { Terminal } from "../../output/terminal.ts";
import { collect, collectPair } from "../arguments/repeated-options.ts";
import { type CommandModule, jsonOption } from "../command.ts";

interface ImportOptions {
  vendor: string;
  entrust?: string;
  suit?: string[];
  role?: string;
  folder?: Record<string, string>;
  followSymlinks?: boolean;
  allowEmpty?: boolean;
  names?: NameEncoding;
  detach?: boolean;
  json?: boolean;
}

export const importCommand: CommandModule = (program, { run }) => {
  program
    .command("import")
    .description("store every file of one or more folders, and wait for the end with progress bars")
    .argument(
      "<DIR...>",
      "folders that the workers can read, below one of the configured sources.roots",
    )
    .option("--vendor <name>", "who opens the folder", "kongur")
    .option("--entrust <id>", "the mandate (entrust_id)")
    .option("--suit <id>", "a suit of the case (suit_id); may be repeated", collect)
    .addOption(
      new Option("--role <role>", "the case's own folder at kongur instead of a suit's").choices(
        caseRoles,
      ),
    )
    .option(
      "--folder <key=value>",
      "name the vendor's folder yourself; may be repeated",
      collectPair,
    )
    .option(
      "--follow-symlinks",
      "take what symbolic links lead to, as far as it lies below the configured sources.roots; else they are skipped",
    )
    .option(
      "--allow-empty",
      "folders may hold no file at all; else an empty one fails, as its share may not be mounted",
    )
    .addOption(
      new Option(
        "--names <encoding>",
        "how names are read that aren't UTF-8, such as gb18030 for GBK; else they fail as NAME_INVALID",
      ).choices(Object.keys(nameEncodings)),
    )
    .option("--detach", "don't wait: print the import's id")
    .option(...jsonOption)
    .addHelpText("after", examples)
    .action((folders: string[], options: ImportOptions) =>
      run(options, (terminal) => startImport(folders, options, terminal)),
    );
};

const examples = `
A folder of kongur's that holds subfolders named by suit ids, "entrust", "lawyer" or "firm" maps itself.
What belongs to none of them is named, and nothing is sent.

Examples:
  exhibit import /evidence/1001 --entrust E-77 --suit 1001
  exhibit import /evidence/case-77 --entrust E-77 --suit 1001 --suit 1002
  exhibit import /evidence/contract --entrust E-77 --role lawyer
  exhibit import /evidence/old-zip --entrust E-77 --suit 1001 --names gb18030
  exhibit import /evidence/store --vendor deepvision --folder op_poi_id=p1 --folder op_tenant_code=t1
  exhibit import /evidence/1001 --entrust E-77 --suit 1001 --detach --json`;

async function startImport(
  folders: string[],
  options: ImportOptions,
  terminal: Terminal,
): Promise<number> {
  const { request, without } = await mapCase(folders, caseOptions(options));
  for (const line of mappingLines(request.folders)) terminal.note(line);
  for (const suit of without) terminal.note(`Suit ${suit} has no folder here.`);

  const api = apiOfEnvironment();
  const view = await api.create(request);
  if (options.detach !== true) {
    terminal.note(
      `Import ${view.import_id}. It goes on if you leave; come back by: npx exhibit watch ${view.import_id}`,
    );
    return watchToEnd(api, view.import_id, terminal);
  }
  if (view.trial) terminal.note(TRIAL_NOTICE);
  if (!terminal.json) terminal.say(`${view.import_id} ${view.status}`);
  terminal.result(view);
  return exitCodes.done;
}

function caseOptions(options: ImportOptions): CaseOptions {
  return {
    vendor: options.vendor,
    entrust: options.entrust,
    suits: [...new Set(options.suit)],
    role: options.role,
    selector: options.folder,
    followSymlinks: options.followSymlinks,
    allowEmpty: options.allowEmpty,
    names: options.names,
  };
}
