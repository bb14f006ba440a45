import { type ExhibitConfig, findConfig, readEnvironment } from "@exhibit/config";
import {
  ExhibitError,
  errorCodes,
  type FolderSelector,
  type LeaseAbilities,
  toExhibitError,
  type VendorCheckView,
} from "@exhibit/contracts";
import { namedFolder } from "../../case/vendor-folders.ts";
import { apiOfEnvironment } from "../../client/api-of-environment.ts";
import { errorLines, errorViewOf } from "../../output/error-lines.ts";
import { badUse, exitCodeOf, exitCodes } from "../../output/exit-codes.ts";
import { formatSeconds, formatTable } from "../../output/format.ts";
import type { Terminal } from "../../output/terminal.ts";
import { listenForInterruption } from "../../process/interruption.ts";
import type { FolderOptions } from "../arguments/folder-options.ts";
import { configOf } from "./config.ts";

export interface CheckOptions extends FolderOptions {
  local?: true;
  json?: boolean;
}

/** A folder of the case, as a lease is requested for it. */
interface ToCheck {
  vendor: string;
  entrust_id: string | undefined;
  suit_ids: string[];
  folder: FolderSelector;
}

/** What a lease opens, and what OSS says to it. */
type Checked = NonNullable<VendorCheckView["lease"]> & {
  trial: boolean;
  vendor: string;
  probe: NonNullable<VendorCheckView["probe"]>;
  may?: LeaseAbilities | undefined;
};

/** Checks one folder. Throws what the vendor, or OSS, refuses it with. */
type Check = (of: ToCheck) => Promise<Checked>;

/** Checks a vendor by the API, whose workers ask it; or, locally, by this process. */
export async function checkOne(
  vendor: string,
  options: CheckOptions,
  terminal: Terminal,
): Promise<number> {
  const of = { vendor, entrust_id: options.entrust, suit_ids: [...new Set(options.suit)] };
  const folders = foldersOf(vendor, options);
  await using stack = new AsyncDisposableStack();
  const here = async () => {
    const config = await configOf("vendors check", terminal);
    return checkHere(config, stack.use(listenForInterruption()).signal);
  };
  const check = (options.local ? undefined : await checkByApi(terminal)) ?? (await here());
  const asked = folders.map((folder) => ({ ...of, folder }));
  if (asked[0] !== undefined && asked.length === 1) {
    terminal.result(await checkFolder(check, asked[0], terminal));
    return exitCodes.done;
  }
  const { results, refused } = await checkFolders(check, asked, terminal);
  terminal.result({ vendor, folders: results });
  return refused === undefined ? exitCodes.done : exitCodeOf(refused);
}

/** Returns a check by the API; undefined where none answers, but this process can check by itself. */
async function checkByApi(terminal: Terminal): Promise<Check | undefined> {
  const api = apiOfEnvironment();
  let trial: boolean;
  try {
    ({ trial } = await api.vendors());
  } catch (thrown) {
    const error = toExhibitError(thrown);
    const isAway = error.code === "SERVICE_UNREACHABLE";
    if (!isAway || findConfig(readEnvironment()) === undefined) throw error;
    terminal.note(`${error.message} So this process asks the vendor itself, as with --local.`);
    return undefined;
  }
  return async ({ vendor, ...request }) => {
    const { steps, lease, probe, may } = await api.checkVendor(vendor, request);
    const failed = steps.find(({ error }) => error !== null)?.error;
    if (failed) {
      const code = errorCodes.find((known) => known === failed.code);
      throw new ExhibitError(code ?? "INTERNAL", failed.message);
    }
    if (lease === null || probe === null)
      throw new ExhibitError("INTERNAL", "Nothing was checked.");
    return { trial, vendor, ...lease, probe, may };
  };
}

function checkHere(config: ExhibitConfig, signal: AbortSignal): Check {
  return async (of) => {
    // Loaded only here, so that the list doesn't wait for the engine.
    const { checkVendor } = await import("@exhibit/runtime/check-vendor");
    const { proxies } = readEnvironment();
    const { folder, lease, probe } = await checkVendor(config, of, signal, proxies);
    const { vendor, id, bucket, prefix, prefixes, expiresAt, assumedUtc } = lease;
    return {
      ...{ trial: config.trial, vendor, folder: { ...folder }, lease_id: id },
      ...{ endpoint: bucket.endpoint, region: bucket.region, bucket: bucket.name },
      ...{ prefix, prefixes: [...prefixes], expires_at: expiresAt.toISOString() },
      ...(assumedUtc === undefined ? {} : { assumed_utc: assumedUtc }),
      probe: { outcome: probe.outcome, key: probe.key, request_id: probe.requestId ?? null },
      may: probe.may,
    };
  };
}

/** Checks all folders, also when one of them is refused. */
async function checkFolders(check: Check, asked: readonly ToCheck[], terminal: Terminal) {
  const results: unknown[] = [];
  let refused: ExhibitError | undefined;
  for (const of of asked) {
    try {
      results.push(await checkFolder(check, of, terminal));
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

async function checkFolder(check: Check, of: ToCheck, terminal: Terminal): Promise<Checked> {
  const checked = await check(of);
  for (const line of checkLines(checked)) terminal.say(line);
  return checked;
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

function checkLines({ vendor, folder, prefix, probe, may, ...lease }: Checked): string[] {
  const left = formatSeconds(Math.max(0, (Date.parse(lease.expires_at) - Date.now()) / 1000));
  const request = probe.request_id === null ? "" : ` (request ${probe.request_id})`;
  const rows = [
    ["folder", labelOf(folder)],
    ["endpoint", lease.endpoint],
    ["bucket", `${lease.bucket} in ${lease.region}`],
    ["prefix", prefix === "" ? "none: a key at the bucket's root" : prefix],
    ...opensMore(lease.prefixes, prefix),
    ["ends", `${lease.expires_at}, in ${left}`],
    ...(lease.assumed_utc === undefined ? [] : [["", assumption(lease.assumed_utc)]]),
    ["proof", `${proofs[probe.outcome]}${request}`],
    ...(may ? abilityRows(may) : []),
  ];
  return [`${vendor} granted a lease:`, ...formatTable(rows).map((line) => `  ${line}`)];
}

/** Returns what the lease may do besides storing. */
function abilityRows({ list, read, keep }: LeaseAbilities): string[][] {
  const { retention } = keep;
  const kept = keep.code === null && retention !== keep.answer ? `: ${retention}` : "";
  return [
    ["may list", abilityText(list)],
    ["may read", abilityText(read)],
    ["is kept", `${abilityText(keep)}${kept}`],
  ];
}

function abilityText({ answer, code }: LeaseAbilities["list"]): string {
  return code === null ? answer : `${answer} (${code})`;
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
