import { type ExhibitConfig, findConfig, loadConfig, readEnvironment } from "@exhibit/config";
import {
  type ExhibitError,
  errorCodes,
  errorTable,
  type FolderSelector,
  TRIAL_NOTICE,
  toExhibitError,
  UNNAMED_ACTOR,
  type VendorList,
  type VendorState,
} from "@exhibit/contracts";
import type { VendorCheck } from "@exhibit/runtime/check-vendor";
import { namedFolder } from "../../case/vendor-folders.ts";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { errorLines, errorViewOf } from "../../output/error-lines.ts";
import { badUse, exitCodeOf, exitCodes } from "../../output/exit-codes.ts";
import { formatSeconds, formatTable } from "../../output/format.ts";
import { vendorPauseLine } from "../../output/pause-lines.ts";
import type { Terminal } from "../../output/terminal.ts";
import { waitLine } from "../../output/wait-lines.ts";
import { actorOfSystem } from "../../process/actor.ts";
import { lockDataFolder } from "../../process/data-lock.ts";
import { listenForInterruption } from "../../process/interruption.ts";
import { addFolderOptions, type FolderOptions } from "../arguments/folder-options.ts";
import { type CommandModule, jsonOption } from "../command.ts";

interface CheckOptions extends FolderOptions {
  json?: boolean;
}

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

async function checkOne(
  vendor: string,
  options: CheckOptions,
  terminal: Terminal,
): Promise<number> {
  const config = await configOf("check", terminal);
  const of = { vendor, entrust_id: options.entrust, suit_ids: [...new Set(options.suit)] };
  const folders = foldersOf(vendor, options);
  await using stack = new AsyncDisposableStack();
  const interruption = stack.use(listenForInterruption());
  const asked = folders.map((folder) => ({ ...of, folder }));
  if (asked[0] !== undefined && asked.length === 1) {
    terminal.result(await checkFolder(config, asked[0], interruption.signal, terminal));
    return exitCodes.done;
  }
  const { results, refused } = await checkFolders(config, asked, interruption.signal, terminal);
  terminal.result({ vendor, folders: results });
  return refused === undefined ? exitCodes.done : exitCodeOf(refused);
}

/** Loads `exhibit.yaml`, and notes when it is that of the working folder. */
async function configOf(command: string, terminal: Terminal): Promise<ExhibitConfig> {
  const found = findConfig(readEnvironment());
  if (found === undefined) {
    throw badUse(`exhibit vendors ${command} needs exhibit.yaml: set EXHIBIT_CONFIG.`);
  }
  if (!found.isNamed) terminal.note("EXHIBIT_CONFIG isn't set, so ./exhibit.yaml is used.");
  const config = await loadConfig(found.path);
  if (config.trial) terminal.note("The configuration is a trial's: its vendors are a sandbox's.");
  return config;
}

async function acceptOne(vendor: string, why: string, terminal: Terminal): Promise<number> {
  const environment = readEnvironment();
  const config = await configOf("accept", terminal);
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

/** A folder of the case, as a lease is requested for it. */
interface ToCheck {
  vendor: string;
  entrust_id: string | undefined;
  suit_ids: string[];
  folder: FolderSelector;
}

/** Checks all folders, also when one of them is refused. */
async function checkFolders(
  config: ExhibitConfig,
  asked: readonly ToCheck[],
  signal: AbortSignal,
  terminal: Terminal,
) {
  const results: unknown[] = [];
  let refused: ExhibitError | undefined;
  for (const of of asked) {
    try {
      results.push(await checkFolder(config, of, signal, terminal));
    } catch (thrown) {
      const error = toExhibitError(thrown);
      if (error.code === "INTERRUPTED") throw error;
      refused ??= error;
      for (const line of [`${labelOf(of.folder)}:`, ...errorLines(error)]) terminal.note(line);
      results.push({ vendor: of.vendor, folder: of.folder, error: errorViewOf(error) });
    }
  }
  return { results, refused };
}

async function checkFolder(
  config: ExhibitConfig,
  of: ToCheck,
  signal: AbortSignal,
  terminal: Terminal,
) {
  // Loaded only here, so that the list doesn't wait for the engine.
  const { checkVendor } = await import("@exhibit/runtime/check-vendor");
  const check = await checkVendor(config, of, signal, readEnvironment().proxies);
  for (const line of checkLines(check)) terminal.say(line);
  return { trial: config.trial, ...resultOf(check) };
}

/** Returns the folders that the options name: one for each suit if the vendor opens those. */
function foldersOf(vendor: string, { folder, role, suit = [] }: CheckOptions): FolderSelector[] {
  const named = namedFolder({ vendor, role, selector: folder });
  if ("selector" in named) return [named.selector];
  const { cases } = named;
  if (suit.length > 0) return [...new Set(suit)].map((id) => cases.suit(id));
  const roles = cases.roles.join("|");
  throw badUse(`Name the folder: --suit ID, --role ${roles} or --folder key=value.`);
}

function labelOf(folder: FolderSelector): string {
  return Object.entries(folder).flat().join(" ");
}

function checkLines({ folder, lease, probe }: VendorCheck): string[] {
  const { bucket, expiresAt } = lease;
  const left = formatSeconds(Math.max(0, (expiresAt.getTime() - Date.now()) / 1000));
  const style = bucket.pathStyle ? "bucket in the path" : "bucket in the host";
  const request = probe.requestId === undefined ? "" : ` (request ${probe.requestId})`;
  const rows = [
    ["folder", labelOf(folder)],
    ["endpoint", `${bucket.endpoint}, ${style}`],
    ["bucket", `${bucket.name} in ${bucket.region}, signature ${bucket.signatureVersion}`],
    ["prefix", lease.prefix === "" ? "none: a key at the bucket's root" : lease.prefix],
    ...opensMore(lease.prefixes, lease.prefix),
    ["ends", `${expiresAt.toISOString()}, in ${left}`],
    ...(lease.assumedUtc === undefined ? [] : [["", assumption(lease.assumedUtc)]]),
    ["proof", `${proofs[probe.outcome]}${request}`],
  ];
  return [`${lease.vendor} granted a lease:`, ...formatTable(rows).map((line) => `  ${line}`)];
}

function assumption(said: string): string {
  return `the vendor says ${JSON.stringify(said)} without a time zone. It is taken for UTC, because in GMT+8 it would be in the past: set expiration_zone`;
}

/** Returns what the lease opens besides the folder. */
function opensMore(prefixes: readonly string[], own: string): string[][] {
  if (prefixes.length === 1 && prefixes[0] === own) return [];
  return prefixes.map((prefix, index) => [index === 0 ? "opens" : "", prefix]);
}

const proofs = {
  absent: "OSS accepts signature and policy",
  present: "OSS accepts signature and policy; an object exists already",
  unreadable:
    "OSS accepts the signature, but the policy doesn't allow reading (oss:GetObject): existing objects can't be compared",
} as const;

function resultOf({ folder, lease, probe }: VendorCheck) {
  const { vendor, id, bucket, prefix, prefixes, expiresAt } = lease;
  return {
    vendor,
    folder,
    lease_id: id,
    endpoint: bucket.endpoint,
    region: bucket.region,
    bucket: bucket.name,
    prefix,
    prefixes,
    expires_at: expiresAt.toISOString(),
    ...(lease.assumedUtc === undefined ? {} : { assumed_utc: lease.assumedUtc }),
    probe: { outcome: probe.outcome, key: probe.key, request_id: probe.requestId ?? null },
  };
}
