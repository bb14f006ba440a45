import type { ApiClient, ImportFilter } from "@exhibit/client";
import {
  type ImportStatus,
  type ImportView,
  importStatuses,
  restingStatuses,
  TRIAL_NOTICE,
} from "@exhibit/contracts";
import { InvalidArgumentError, Option } from "commander";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { importIdOf } from "../../client/import-id.ts";
import { printImport } from "../../client/import-result.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import { folderReport } from "../../output/folder-report.ts";
import { formatCount, formatNumber, type TimeStyle } from "../../output/format.ts";
import { importReport } from "../../output/import-report.ts";
import {
  callbackLines,
  caseLine,
  custodyLines,
  importTable,
  nameLines,
} from "../../output/import-table.ts";
import type { Terminal } from "../../output/terminal.ts";
import { readAmong } from "../arguments/comma-separated.ts";
import { collectLabel } from "../arguments/label-options.ts";
import { type CommandModule, jsonOption, utcOption } from "../command.ts";

interface StatusOptions extends TimeStyle {
  entrust?: string;
  suit?: string;
  status?: ImportStatus[];
  title?: string;
  label?: string[];
  scheduled?: true;
  limit?: number;
  all?: boolean;
  json?: boolean;
}

// How many imports the list shows by default, and how many a page of the API has at most.
const usual = 20;
const page = 1000;

export const statusCommand: CommandModule = (program, { run }) => {
  program
    .command("status")
    .description("show the state of an import and its folders, or list the latest imports")
    .argument("[ID]", "the import; without it, the latest imports are listed")
    .option("--entrust <id>", "only imports with this entrust_id")
    .option("--suit <id>", "only imports with this suit_id")
    .addOption(
      new Option(
        "--status <status>",
        "only imports with this status, or several with commas between",
      )
        .choices(importStatuses)
        .argParser((text) => readAmong(importStatuses, text)),
    )
    .option("--title <text>", "only imports whose title has this in it")
    .option("--label <key:value>", "only imports with this label; may be repeated", collectLabel)
    .option("--scheduled", "only imports that wait for their start")
    .option("--limit <number>", `how many to list instead of ${usual}`, readLimit)
    .option("--all", "list all imports")
    .option(...utcOption)
    .option(...jsonOption)
    .addHelpText("after", examples)
    .action((id: string | undefined, options: StatusOptions) =>
      run(options, (terminal) => {
        const api = apiOfEnvironment();
        return id === undefined
          ? showLatest(api, options, terminal)
          : showOne(api, id, options, terminal);
      }),
    );
};

const examples = `
Examples:
  exhibit status
  exhibit status --entrust E-77 --all
  exhibit status --status attention,storing
  exhibit status --label batch:march
  exhibit status 7728950e                     by the end of its id, as the list shows it`;

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw new InvalidArgumentError("It must be a number from 1 on.");
}

async function showLatest(
  api: ApiClient,
  options: StatusOptions,
  terminal: Terminal,
): Promise<number> {
  const { entrust, suit, status, title, label, scheduled } = options;
  const { limit = usual, all, utc } = options;
  const filter = { entrust, suit, statuses: status, title, labels: label, scheduled };
  const { views, next } = await latest(
    api,
    filter,
    all === true ? Number.POSITIVE_INFINITY : limit,
  );
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  if (views.length === 0) {
    terminal.say(
      isFiltered ? "0 imports." : "No imports yet. To start one: npx exhibit import DIR",
    );
  } else {
    for (const line of importTable(views, { utc })) terminal.say(line);
    terminal.say(await countLine(api, filter, { shown: views.length, next }));
    const isRunning = views.some(({ status: now }) => !restingStatuses.has(now));
    if (isRunning && !isFiltered) for (const line of await jobLines(api)) terminal.say(line);
    if (views.some(({ trial }) => trial)) terminal.say(TRIAL_NOTICE);
  }
  terminal.result({ imports: views, more: next !== null });
  return exitCodes.done;
}

/**
 * Returns `Jobs: store 12 waiting, 4 running; plan 1 running.` It stands beside the list: without it where
 * the caller may not know, or the API is of an earlier release.
 */
async function jobLines(api: ApiClient): Promise<string[]> {
  const { items } = await api.queues().catch(() => ({ items: [] }));
  const jobs = items.flatMap(({ queue, waiting, active, delayed, failed }) => {
    const numbers = { waiting, running: active, "to come again": delayed, failed };
    const some = Object.entries(numbers).filter(([, number]) => number > 0);
    const said = some.map(([what, number]) => `${formatNumber(number)} ${what}`);
    return said.length === 0 ? [] : [`${queue} ${said.join(", ")}`];
  });
  return jobs.length === 0 ? [] : [`Jobs: ${jobs.join("; ")}.`];
}

/** Returns the newest imports, at most so many, and the cursor of the next page. */
async function latest(
  api: ApiClient,
  filter: ImportFilter,
  most: number,
): Promise<{ views: ImportView[]; next: string | null }> {
  const views: ImportView[] = [];
  let next: string | null = null;
  do {
    const limit = Math.min(page, most - views.length);
    const more = await api.list({ ...filter, limit, after: next ?? undefined });
    views.push(...more.items);
    next = more.next;
  } while (next !== null && views.length < most);
  return { views, next };
}

/** Returns `60 imports.`, or how many there are besides those that are shown. */
async function countLine(
  api: ApiClient,
  filter: ImportFilter,
  { shown, next }: { shown: number; next: string | null },
): Promise<string> {
  if (next === null) return `${formatCount(shown, "import")}.`;
  const rest = await api.list({ ...filter, limit: page, after: next });
  const more = `${rest.next === null ? "" : "more than "}${formatNumber(rest.items.length)} more`;
  return `${formatCount(shown, "import")}; ${more}: --all or --limit N shows them.`;
}

async function showOne(
  api: ApiClient,
  given: string,
  { utc, json: _, ...forList }: StatusOptions,
  terminal: Terminal,
): Promise<number> {
  const [foreign] = Object.keys(forList);
  if (foreign !== undefined) throw badUse(`--${foreign} is for the list: use it without an ID.`);
  const view = await api.get(await importIdOf(api, given));
  const [head = "", ...lines] = importReport(view);
  const about = [
    caseLine(view, { utc }),
    ...nameLines(view),
    ...custodyLines(view, { utc }),
    ...callbackLines(view),
  ];
  for (const line of [head, ...about, ...lines]) terminal.say(line);
  terminal.say();
  for await (const folder of api.folders(view.import_id)) {
    for (const line of folderReport(folder)) terminal.say(line);
  }
  await printImport(api, view, terminal);
  const isBroken = view.status === "attention" || view.status === "cancelled";
  return isBroken ? exitCodes.failed : exitCodes.done;
}
