import { type ChangeRequest, type Priority, priorities } from "@exhibit/contracts";
import { Option } from "commander";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { importIdOf } from "../../client/import-id.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import { nameLines } from "../../output/import-table.ts";
import type { Terminal } from "../../output/terminal.ts";
import { isScheduled, waitLine } from "../../output/wait-lines.ts";
import { collectLabel, labelsOf } from "../arguments/label-options.ts";
import { collect } from "../arguments/repeated-options.ts";
import { type CommandModule, jsonOption } from "../command.ts";

interface ChangeOptions {
  title?: string | false;
  label?: string[];
  removeLabel?: string[];
  priority?: Priority;
  startAt?: string;
  startNow?: boolean;
  setAside?: boolean;
  countAgain?: boolean;
  why?: string;
  json?: boolean;
}

export const changeCommand: CommandModule = (program, { run }) => {
  program
    .command("change")
    .description(
      "change an import's title, labels, priority or start, or set it aside from its case",
    )
    .argument("<ID>", "the import")
    .option("--title <text>", "what to call it")
    .option("--no-title", "take its title away")
    .option("--label <key:value>", "a label to set; may be repeated", collectLabel)
    .option("--remove-label <key>", "a label to take away; may be repeated", collect)
    .addOption(
      new Option(
        "--priority <priority>",
        "how soon it is to be done, compared with others",
      ).choices(priorities),
    )
    .option("--start-at <time>", "another start for one that still waits for its own")
    .option("--start-now", "begin at once")
    .option("--set-aside", "count nothing of it for its case; only once it has ended")
    .option("--count-again", "count it for its case again")
    .option("--why <text>", "the reason, for the record")
    .option(...jsonOption)
    .addHelpText("after", examples)
    .action((id: string, options: ChangeOptions) =>
      run(options, (terminal) => change(id, options, terminal)),
    );
};

const examples = `
Examples:
  exhibit change ID --title "March scans" --label batch:march
  exhibit change ID --priority urgent --why "the hearing is tomorrow"
  exhibit change ID --start-at 2026-12-01T20:00+08:00
  exhibit change ID --set-aside --why "it belongs to another case"`;

async function change(id: string, options: ChangeOptions, terminal: Terminal): Promise<number> {
  const request = requestOf(options);
  const api = apiOfEnvironment();
  const view = await api.change(await importIdOf(api, id), request);
  const lines = nameLines(view);
  if (lines.length === 0) terminal.say("It has no title and no labels, and the usual priority.");
  for (const line of lines) terminal.say(line);
  for (const line of isScheduled(view) ? view.waiting.map(waitLine) : []) terminal.say(line);
  terminal.result(view);
  return exitCodes.done;
}

function requestOf(options: ChangeOptions): ChangeRequest {
  const { title, label = [], removeLabel = [], priority, setAside, countAgain, why } = options;
  const { startAt, startNow } = options;
  if (setAside === true && countAgain === true)
    throw badUse("Use either --set-aside or --count-again.");
  if (startAt !== undefined && startNow === true)
    throw badUse("Use either --start-at or --start-now.");
  const labels = {
    ...labelsOf(label),
    ...Object.fromEntries(removeLabel.map((key) => [key, null])),
  };
  const changes = {
    ...(title !== undefined && { title: title === false ? null : title }),
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(priority && { priority }),
    ...((startAt !== undefined || startNow === true) && { start_at: startAt ?? null }),
    ...((setAside === true || countAgain === true) && { set_aside: setAside === true }),
  };
  if (Object.keys(changes).length === 0)
    throw badUse(
      "Say what to change: --title, --label, --remove-label, --priority, --start-at, --start-now or --set-aside.",
    );
  return { ...changes, ...(why !== undefined && { why }) };
}
