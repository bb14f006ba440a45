import { readEnvironment } from "@exhibit/config";
import {
  errorCodes,
  errorTable,
  TRIAL_NOTICE,
  UNNAMED_ACTOR,
  type VendorList,
  type VendorState,
} from "@exhibit/contracts";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { badUse, exitCodes } from "../../output/exit-codes.ts";
import { formatTable } from "../../output/format.ts";
import { vendorPauseLine } from "../../output/pause-lines.ts";
import type { Terminal } from "../../output/terminal.ts";
import { waitLine } from "../../output/wait-lines.ts";
import { actorOfSystem } from "../../process/actor.ts";
import { lockDataFolder } from "../../process/data-lock.ts";
import { addFolderOptions } from "../arguments/folder-options.ts";
import { type CommandModule, jsonOption } from "../command.ts";
import { type CheckOptions, checkOne } from "./check.ts";
import { configOf } from "./config.ts";

interface AcceptOptions {
  why: string;
  json?: boolean;
}

export const vendorsCommand: CommandModule = (program, { run }) => {
  const vendors = program
    .command("vendors")
    .description("list the configured vendors and their state, or check one with a real lease")
    .option(...jsonOption)
    .addHelpText("after", examples)
    .action((options: { json?: boolean }) => run(options, listVendors));
  const check = vendors
    .command("check")
    .description(
      "request a lease, show what it opens, and prove it with a request to OSS that changes nothing",
    )
    .argument("<VENDOR>", "a vendor of exhibit.yaml (EXHIBIT_CONFIG)");
  addFolderOptions(check)
    .option("--local", "ask the vendor from this process, by exhibit.yaml, without the API")
    .option(...jsonOption)
    .action((vendor: string, _: CheckOptions, command: { optsWithGlobals(): CheckOptions }) => {
      const options = command.optsWithGlobals();
      return run(options, (terminal) => checkOne(vendor, options, terminal));
    });

  vendors
    .command("accept")
    .description(
      "accept the new place that exhibit.yaml gives a vendor; nothing else may run on an embedded ledger meanwhile",
    )
    .argument("<VENDOR>", "a vendor of exhibit.yaml")
    .requiredOption("--why <text>", "why, for the audit log")
    .option(...jsonOption)
    .action((vendor: string, _: unknown, command: { optsWithGlobals(): AcceptOptions }) => {
      const options = command.optsWithGlobals();
      return run(options, (terminal) => acceptOne(vendor, options.why, terminal));
    });
};

const examples = `
Examples:
  exhibit vendors
  exhibit vendors check kongur --entrust E-77 --suit 1001
  exhibit vendors check kongur --entrust E-77 --role lawyer
  exhibit vendors check deepvision --folder op_poi_id=p1 --folder op_tenant_code=t1 --json
  exhibit vendors accept kongur --why "they moved to another bucket on 1 March"`;

async function listVendors(terminal: Terminal): Promise<number> {
  const { scope, trial, items } = await apiOfEnvironment().vendors();
  const head = [
    "vendor",
    "state",
    "until",
    "files left",
    "leases",
    "calls",
    "refusals",
    "last error",
  ];
  const lines =
    items.length === 0
      ? ["No vendor is configured: exhibit.yaml has none under vendors."]
      : formatTable([head, ...items.map((state) => rowOf(state, scope))], [3, 4, 5, 6]);
  if (trial) terminal.say(TRIAL_NOTICE);
  for (const line of lines) terminal.say(line);
  for (const { vendor, paused, waiting = [] } of items) {
    if (paused !== undefined) terminal.say(vendorPauseLine(vendor, paused));
    for (const each of waiting) terminal.say(`${vendor}: ${waitLine(each)}`);
  }
  for (const line of items.flatMap(failureLines)) terminal.say(line);
  if (scope === "process") for (const line of apart) terminal.say(line);
  terminal.result({ scope, trial, vendors: items });
  return exitCodes.done;
}

/** Returns a vendor's current fault in its own words, and what to do. */
function failureLines({ state, last_error, last_error_code }: VendorState): string[] {
  if (state === "ok" || last_error === undefined) return [];
  const known = errorCodes.find((code) => code === last_error_code);
  return [last_error, ...(known === undefined ? [] : [`  ${errorTable[known].remedy}`])];
}

const apart = [
  "EXHIBIT_LEASE_KEY isn't set, so each worker has leases, calls and states of its own, and the API can't show them.",
  "Set it for API and workers to see those of the whole fleet here, or look at the workers' metrics.",
];

function rowOf(
  {
    vendor,
    state,
    paused,
    until,
    waiting_files,
    leases,
    calls,
    refusals,
    last_error_code,
  }: VendorState,
  scope: VendorList["scope"],
): string[] {
  const known = scope === "fleet";
  const numbers = [leases, calls, refusals].map((number) => (known ? String(number) : "-"));
  const word = paused === undefined ? (known ? state : "-") : "paused";
  const left = waiting_files === undefined ? "-" : String(waiting_files);
  return [vendor, word, until ?? "", left, ...numbers, last_error_code ?? ""];
}

async function acceptOne(vendor: string, why: string, terminal: Terminal): Promise<number> {
  const environment = readEnvironment();
  const config = await configOf("vendors accept", terminal);
  if (config.trial)
    throw badUse("A trial's vendors may be anywhere, so there is nothing to accept.");
  await using stack = new AsyncDisposableStack();
  if (environment.databaseUrl === undefined) stack.use(await lockDataFolder(environment.dataDir));
  const { acceptVendor } = await import("@exhibit/runtime");
  const by = { who: actorOfSystem() ?? UNNAMED_ACTOR, why };
  const accepted = await acceptVendor(environment, config, { vendor, by });
  terminal.say(
    `The place that this configuration gives ${vendor} is accepted, and recorded in the audit log.`,
  );
  terminal.say(
    "Processes that run with another configuration keep using it until you restart them.",
  );
  terminal.result({ vendor, ...accepted });
  return exitCodes.done;
}
