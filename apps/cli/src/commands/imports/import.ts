import {
  type NameEncoding,
  nameEncodings,
  type Priority,
  priorities,
  TRIAL_NOTICE,
} from "@exhibit/contracts";
import { Option } from "commander";
import { type CaseOptions, mapCase, mappingLines } from "../../case/case-folders.ts";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { watchToEnd } from "../../client/watch-to-end.ts";
import { dryRunReport } from "../../output/dry-run-report.ts";
import { exitCodes } from "../../output/exit-codes.ts";
import { statusWord } from "../../output/status-word.ts";
import type { Terminal } from "../../output/terminal.ts";
import { isScheduled, waitLine } from "../../output/wait-lines.ts";
import { addFolderOptions, type FolderOptions } from "../arguments/folder-options.ts";
import { collectLabel, labelsOf } from "../arguments/label-options.ts";
import { type CommandModule, jsonOption } from "../command.ts";

interface ImportOptions extends FolderOptions {
  vendor: string;
  followSymlinks?: boolean;
  allowEmpty?: boolean;
  names?: NameEncoding;
  title?: string;
  label?: string[];
  priority?: Priority;
  startAt?: string;
  callback?: string;
  amends?: string;
  dryRun?: boolean;
  detach?: boolean;
  json?: boolean;
}

export const importCommand: CommandModule = (program, { run }) => {
  const command = program
    .command("import")
    .description("import every file of one or more folders, and show the progress until the end")
    .argument(
      "<DIR...>",
      "folders that the workers can read, within one of the configured sources.roots",
    )
    .option("--vendor <name>", "the vendor that opens the folder", "kongur");
  addFolderOptions(command)
    .option(
      "--follow-symlinks",
      "follow symbolic links that stay within the configured sources.roots, instead of skipping them",
    )
    .option(
      "--allow-empty",
      "accept folders without any file; otherwise they fail, because their share may not be mounted",
    )
    .addOption(
      new Option(
        "--names <encoding>",
        "the encoding of names that aren't UTF-8, such as gb18030 for GBK; otherwise they fail with NAME_INVALID",
      ).choices(Object.keys(nameEncodings)),
    )
    .option("--title <text>", "what to call the import")
    .option("--label <key:value>", "a label to find it by; may be repeated", collectLabel)
    .addOption(
      new Option(
        "--priority <priority>",
        "how soon it is to be done, compared with others; bulk is slow, but never stopped",
      ).choices(priorities),
    )
    .option(
      "--start-at <time>",
      "begin then, by ISO 8601 with the zone, such as 2026-12-01T20:00+08:00; the command doesn't wait for it",
    )
    .option(
      "--callback <url>",
      "have the import's events sent there: one of your webhooks, or it becomes one (exhibit webhooks)",
    )
    .option(
      "--amends <ID>",
      "the sealed import that this one adds to: its seal will name the other's",
    )
    .option(
      "--dry-run",
      "say what it would do: how much, where to, which names are a problem, what is there already",
    )
    .option("--detach", "don't wait; print the import's id")
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
  exhibit import /evidence/1001 --entrust E-77 --suit 1001 --priority bulk --start-at 2026-12-01T20:00+08:00
  exhibit import /evidence/store --vendor deepvision --folder op_poi_id=p1 --folder op_tenant_code=t1
  exhibit import /evidence/1001 --entrust E-77 --suit 1001 --dry-run
  exhibit import /evidence/1001 --entrust E-77 --suit 1001 --detach --json`;

/** Milliseconds for which a request is repeated whose response is lost: long enough for a restart of the API. */
const REPEAT_FOR = 60_000;

async function startImport(
  folders: string[],
  options: ImportOptions,
  terminal: Terminal,
): Promise<number> {
  const { title, priority, startAt: start_at, callback: url, amends } = options;
  const labels = options.label && labelsOf(options.label);
  const { request: mapped, without } = await mapCase(folders, caseOptions(options));
  const request = {
    ...mapped,
    ...(title !== undefined && { title }),
    ...(labels && { labels }),
    ...(priority && { priority }),
    ...(start_at !== undefined && { start_at }),
    ...(url !== undefined && { callback: { url } }),
    ...(amends !== undefined && { amends }),
  };
  for (const line of mappingLines(request.folders)) terminal.note(line);
  for (const suit of without) terminal.note(`There is no folder for suit ${suit}.`);

  const api = apiOfEnvironment();
  if (options.dryRun === true) {
    const found = await api.dryRun(request);
    if (found.trial) terminal.note(TRIAL_NOTICE);
    for (const line of dryRunReport(found)) terminal.say(line);
    terminal.result(found);
    return found.problems === 0 ? exitCodes.done : exitCodes.failed;
  }
  const view = await api.create(request, {
    repeatFor: REPEAT_FOR,
    onRepeat: ({ message }) =>
      terminal.note(`${message} The request is sent again; it is carried out only once.`),
  });
  if (options.detach !== true && !isScheduled(view)) {
    terminal.note(
      `Import ${view.import_id}. It continues if you leave; to return: npx exhibit watch ${view.import_id}`,
    );
    return watchToEnd(api, view.import_id, terminal);
  }
  if (view.trial) terminal.note(TRIAL_NOTICE);
  if (!terminal.json) terminal.say(`${view.import_id} ${statusWord(view)}`);
  for (const line of isScheduled(view) ? view.waiting.map(waitLine) : []) terminal.note(line);
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
