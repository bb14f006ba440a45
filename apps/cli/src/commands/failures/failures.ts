import type { ApiClient } from "@exhibit/client";
import {
  type ActedFailures,
  type ErrorCode,
  ExhibitError,
  type FailureDimension,
  type FailureGroups,
  failureDimensions,
} from "@exhibit/contracts";
import { type Command, Option } from "commander";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import { formatCount, shortId, type TimeStyle } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";
import { readAmong } from "../arguments/comma-separated.ts";
import { readCode } from "../arguments/error-codes.ts";
import { expectOption } from "../arguments/expect-option.ts";
import { readTime } from "../arguments/time.ts";
import { readFrom } from "../arguments/whole-number.ts";
import { type CommandModule, jsonOption, utcOption } from "../command.ts";
import { failureLines } from "./failure-lines.ts";

/** Which failures a command is about. */
interface Which {
  code?: ErrorCode;
  vendor?: string;
  entrust?: string;
}

interface ListOptions extends Which, TimeStyle {
  by?: FailureDimension[];
  since?: string;
  limit?: number;
  json?: boolean;
}

interface ActOptions extends Which {
  all?: boolean;
  expect?: number;
  why?: string;
  json?: boolean;
}

/** Groups that one command acts on at most: as many as the API lists. */
const MAX_GROUPS = 1000;
/** Items of one request: as many as the API takes. */
const MAX_ITEMS = 100;

export const failuresCommand: CommandModule = (program, { run }) => {
  const failures = withWhich(program.command("failures"))
    .description("show what fails over all imports, in groups; or retry it, or give it up")
    .addOption(
      new Option(
        "--by <what>",
        `group by these, with commas between: ${failureDimensions.join(", ")} (code,vendor,import)`,
      ).argParser((text) => readAmong(failureDimensions, text)),
    )
    .option("--since <time>", "only what was recorded since then", readTime)
    .option("--limit <number>", "how many groups to list instead of 100", readFrom(1))
    .option(...utcOption)
    .option(...jsonOption)
    .addHelpText("after", examples)
    .action((options: ListOptions) => run(options, (terminal) => list(options, terminal)));

  function add(
    command: Command,
    act: (options: ActOptions, terminal: Terminal) => Promise<number>,
  ) {
    command.action((_: unknown, self: Command) => {
      const { by, since, limit, ...options } = self.optsWithGlobals<ActOptions & ListOptions>();
      if ([by, since, limit].some((value) => value !== undefined)) {
        return run(options, () => {
          throw badUse("--by, --since and --limit are for the list.");
        });
      }
      return run(options, (terminal) => act(options, terminal));
    });
  }
  add(
    withAct(failures.command("retry"))
      .description("retry what failed, in all imports that can still be acted on")
      .option("--why <text>", "why, for the audit log"),
    (options, terminal) => act("retry", options, terminal),
  );
  add(
    withAct(failures.command("waive"))
      .description("give failed files up, in all imports that can still be acted on")
      .requiredOption("--why <text>", "why, for the audit log"),
    (options, terminal) => act("waive", options, terminal),
  );
};

function withWhich(command: Command): Command {
  return command
    .option("--code <code>", "only what failed with this code", readCode)
    .option("--vendor <name>", "only what failed in folders of this vendor")
    .option("--entrust <id>", "only what failed in imports with this entrust_id");
}

function withAct(command: Command): Command {
  return withWhich(command)
    .option("--all", "everything that failed")
    .option(...expectOption)
    .option(...jsonOption);
}

const examples = `
An act is about as many files as were counted right before it: an import in which more have failed
by then is left as it is, and named. The exit code is 1 if any was.

Examples:
  exhibit failures
  exhibit failures --vendor kongur --by code,message
  exhibit failures retry --code STORE_REFUSED --why "the bucket policy was corrected"
  exhibit failures waive --code SOURCE_NOT_FOUND --entrust E-77 --expect 12 --why "deleted by the client"`;

async function list(options: ListOptions, terminal: Terminal): Promise<number> {
  const { by, code, vendor, entrust, since, limit, utc } = options;
  const found = await apiOfEnvironment().failures({ by, code, vendor, entrust, since, limit });
  for (const line of failureLines(found, { utc })) terminal.say(line);
  terminal.result(found);
  return exitCodes.done;
}

async function act(
  what: "retry" | "waive",
  { all, expect, why, ...which }: ActOptions,
  terminal: Terminal,
): Promise<number> {
  const { code, vendor, entrust } = which;
  const isNarrowed = [code, vendor, entrust].some((value) => value !== undefined);
  if (isNarrowed === (all === true)) {
    throw badUse(`Say what to ${what} by --code CODE, --vendor NAME, --entrust ID or --all.`);
  }
  const api = apiOfEnvironment();
  // A vendor's failures are those of its folders.
  const by: FailureDimension[] = vendor === undefined ? ["import"] : ["import", "folder"];
  const found = await api.failures({ by, code, vendor, entrust, limit: MAX_GROUPS });
  if (expect !== undefined && expect !== found.failed) {
    const count = formatCount(found.failed, "file");
    throw new ExhibitError("STATE_CONFLICT", `It is about ${count} now, so nothing was done.`);
  }
  const items = itemsOf(found, code, what);
  const acted = await actOn(api, what, items, why);
  for (const line of actedLines(acted, what)) terminal.say(line);
  if (found.groups > found.items.length) {
    terminal.say(`Those were the first ${MAX_GROUPS}: run the command again for the others.`);
  }
  terminal.result(acted);
  return acted.refused === 0 ? exitCodes.done : exitCodes.failed;
}

type Item = Parameters<ApiClient["retryFailures"]>[0]["imports"][number];

/** Returns what to act on: each import, or each folder, with how many of its files have failed. */
function itemsOf(
  { items }: FailureGroups,
  code: ErrorCode | undefined,
  what: "retry" | "waive",
): Item[] {
  const byPlace = new Map<string, Item & { expect_files: number }>();
  for (const { import: of, folder_id, failed, waiting, sources } of items) {
    if (of === null) continue;
    // What only waits is tried again by itself; what isn't a file can't be given up.
    if (what === "waive" ? failed === 0 : failed + sources === 0 && waiting > 0) continue;
    const { import_id } = of;
    const place = `${import_id}/${folder_id}`;
    const before = byPlace.get(place)?.expect_files ?? 0;
    byPlace.set(place, {
      ...{ import_id, code, expect_files: before + failed },
      ...(folder_id !== null && { folder_id }),
    });
  }
  return [...byPlace.values()];
}

async function actOn(
  api: ApiClient,
  what: "retry" | "waive",
  items: readonly Item[],
  why: string | undefined,
): Promise<ActedFailures> {
  const acted: ActedFailures = { items: [], files: 0, done: 0, refused: 0 };
  for (let from = 0; from < items.length; from += MAX_ITEMS) {
    const imports = items.slice(from, from + MAX_ITEMS);
    const more =
      what === "retry"
        ? await api.retryFailures({ imports, why })
        : await api.waiveFailures({ imports, why: why ?? "" });
    acted.items.push(...more.items);
    acted.files += more.files;
    acted.done += more.done;
    acted.refused += more.refused;
  }
  return acted;
}

function actedLines({ items, files, refused }: ActedFailures, what: "retry" | "waive"): string[] {
  if (items.length === 0) return ["Nothing has failed so that can still be acted on."];
  const lines = items.map(({ import_id, status, act, error }) => {
    if (error !== null) return `Import ${shortId(import_id)}: ${error.detail} [${error.code}]`;
    const folders =
      act === null || act.folders === 0 ? "" : `, ${formatCount(act.folders, "source")} to walk`;
    return `Import ${shortId(import_id)}: ${formatCount(act?.files ?? 0, "file")}${folders}; ${status}`;
  });
  const word = what === "retry" ? "taken up again" : "given up";
  const left = refused === 0 ? "" : `; ${formatCount(refused, "item")} refused`;
  return [...lines, `${formatCount(files, "file")} ${word}${left}.`];
}
