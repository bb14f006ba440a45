import { isUtf8 } from "node:buffer";
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import {
  ExhibitError,
  type FolderRequest,
  type FolderSelector,
  type ImportRequest,
  type NameEncoding,
  readingOf,
  writeName,
} from "@exhibit/contracts";
import { badUse } from "../output/exit-codes.ts";
import { folderName } from "../output/folder-report.ts";

/** The roles whose folders kongur opens besides those of suits. */
export const roles = ["entrust", "lawyer", "firm"] as const;
export type Role = (typeof roles)[number];

/** What the command line says about the case. */
export interface CaseOptions {
  vendor: string;
  entrust: string | undefined;
  suits: readonly string[];
  role: Role | undefined;
  /** `--folder key=value`, in their order. */
  selector: FolderSelector | undefined;
  followSymlinks?: boolean | undefined;
  allowEmpty?: boolean | undefined;
  names?: NameEncoding | undefined;
}

export interface MappedCase {
  request: ImportRequest;
  /** Suits that were named, but have no folder. */
  without: string[];
}

/**
 * The import that the folders and options of a command line mean. Throws REQUEST_INVALID (bad use) naming what can't
 * be mapped: nothing that lies in a folder is left out in silence.
 */
export async function mapCase(
  folders: readonly string[],
  options: CaseOptions,
): Promise<MappedCase> {
  checkOptions(options);
  const mapped: FolderRequest[] = [];
  for (const folder of folders) mapped.push(...(await mapFolder(resolve(folder), options)));
  const suitIds = new Set(options.suits);
  for (const { folder } of mapped) if (folder.suit_id !== undefined) suitIds.add(folder.suit_id);
  const covered = new Set(mapped.map(({ folder }) => folder.suit_id));
  const mapsItself =
    mapped.length > 0 && options.selector === undefined && options.role === undefined;
  return {
    request: {
      ...(options.entrust === undefined ? {} : { entrust_id: options.entrust }),
      suit_ids: [...suitIds],
      folders: mapped,
    },
    without: mapsItself ? options.suits.filter((suit) => !covered.has(suit)) : [],
  };
}

/**
 * How a folder's subfolders map to the folders of a case at kongur, by their names alone: none for a folder that isn't laid
 * out as a case. Throws REQUEST_INVALID naming what would be left out of one that almost is.
 */
export async function mapLayout(path: string): Promise<FolderRequest[]> {
  return (await namesInCase(path, [])).map((name) => ({
    vendor: "kongur",
    folder: selectorOf(name),
    source: { type: "directory", path: join(path, name) },
  }));
}

/** What goes where, a line for each folder, at most so many. */
export function mappingLines(folders: readonly FolderRequest[], most = 20): string[] {
  const lines = folders
    .slice(0, most)
    .map((folder) => `${folder.source.path} → ${folderName(folder)}`);
  const more = folders.length - lines.length;
  return more > 0 ? [...lines, `and ${more} more folders`] : lines;
}

function checkOptions(options: CaseOptions): void {
  if (options.role !== undefined && options.selector !== undefined) {
    throw badUse("--role and --folder both name the folder at the vendor: give one of them.");
  }
  if (options.vendor === "kongur") return;
  if (options.role !== undefined)
    throw badUse(`--role is for kongur; name ${options.vendor}'s folder by --folder key=value.`);
  if (options.selector === undefined) throw unnamedFolder(options.vendor);
}

/** How folders of the vendors are named that have no options of their own here. */
const folderExamples: Readonly<Record<string, string>> = {
  deepvision: "--folder op_poi_id=p1 --folder op_tenant_code=t1",
  rex: "--folder scene=contracts",
  wombat:
    "--folder merchant_code=m1 --folder scenes_code=s1 --folder ou_code=o1 --folder robot_sn=r1",
  industry: "--folder type=OWNBRAND --folder id=1001",
};

/** A command line that doesn't say which folder of the vendor is meant, with an example of that vendor's own. */
export function unnamedFolder(vendor: string): ExhibitError {
  const example = Object.hasOwn(folderExamples, vendor) ? folderExamples[vendor] : undefined;
  const suchAs = example === undefined ? "" : `, such as ${example}`;
  return badUse(`Name ${vendor}'s folder by --folder key=value${suchAs}.`);
}

async function mapFolder(path: string, options: CaseOptions): Promise<FolderRequest[]> {
  await checkFolder(path);
  const bound = (folder: FolderSelector, below?: string): FolderRequest => ({
    vendor: options.vendor,
    folder,
    source: {
      type: "directory",
      path: below === undefined ? path : join(path, below),
      ...(options.followSymlinks === true ? { follow_symlinks: true } : {}),
      ...(options.allowEmpty === true ? { allow_empty: true } : {}),
      ...(options.names === undefined ? {} : { names: options.names }),
    },
  });
  if (options.selector !== undefined) return [bound(options.selector)];
  if (options.role !== undefined) return [bound({ role: options.role })];

  const names = await namesInCase(path, options.suits);
  if (names.length === 0) {
    const [suit, ...more] = options.suits;
    if (suit !== undefined && more.length === 0) return [bound({ suit_id: suit })];
    throw unmapped(path, options.suits);
  }
  return names.map((name) => bound(selectorOf(name), name));
}

/** By the name of a subfolder. */
function selectorOf(name: string): FolderSelector {
  return isRole(name) ? { role: name } : { suit_id: name };
}

/** The subfolders that stand for a folder of the case; none where it isn't laid out as one. Throws when any would be left out. */
async function namesInCase(path: string, suits: readonly string[]): Promise<string[]> {
  const { subfolders, others } = await contentsOf(path);
  const names = namesOf(path, subfolders, suits);
  if (names.length === 0) return [];
  const left = [...subfolders.filter((name) => !names.includes(name)).map(quoted), ...others];
  if (left.length > 0) throw leftOver(path, left);
  return names;
}

/** Which subfolders stand for a folder of the case, sorted by name. */
function namesOf(path: string, subfolders: readonly string[], suits: readonly string[]): string[] {
  if (suits.length > 0) return subfolders.filter((name) => isRole(name) || suits.includes(name));
  // Without --suit the names themselves say the suits, but only where the folder is clearly laid out as a case.
  const isCase =
    subfolders.some(isRole) || (subfolders.length > 0 && subfolders.every(isSuitNumber));
  if (!isCase && subfolders.some(isSuitNumber))
    throw leftOver(path, subfolders.filter((name) => !isSuitNumber(name)).map(quoted));
  return isCase ? [...subfolders] : [];
}

function isRole(name: string): name is Role {
  return (roles as readonly string[]).includes(name);
}

function isSuitNumber(name: string): boolean {
  return /^\d+$/.test(name);
}

/** Throws REQUEST_INVALID unless `path` is a folder that is there. */
export async function checkFolder(path: string): Promise<void> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === "ENOENT" ? "isn't there" : `can't be looked at (${cause.code})`;
    // What stands for bytes of the command line that aren't UTF-8.
    const hint = path.includes("\ufffd")
      ? " A name that isn't UTF-8 can't be given here: rename it, or import the folder above it with --names."
      : "";
    throw new ExhibitError("REQUEST_INVALID", `The folder ${path} ${what}.${hint}`, { cause });
  });
  if (!found.isDirectory())
    throw badUse(`${path} isn't a folder; import the folder that holds it.`);
}

/** The subfolders that may stand for one of the case, and what else there is, as it is shown; both sorted. */
async function contentsOf(path: string): Promise<{ subfolders: string[]; others: string[] }> {
  const entries = await readdir(path, { withFileTypes: true, encoding: "buffer" }).catch(
    (cause: NodeJS.ErrnoException) => {
      throw new ExhibitError(
        "REQUEST_INVALID",
        `The folder ${path} can't be read (${cause.code}).`,
        { cause },
      );
    },
  );
  // A name that isn't UTF-8 names no suit and no role.
  const isNamed = (entry: Dirent<Buffer>) => entry.isDirectory() && isUtf8(entry.name);
  return {
    subfolders: entries
      .filter(isNamed)
      .map(({ name }) => name.toString("utf8"))
      .sort(),
    others: entries
      .filter((entry) => !isNamed(entry))
      .map(({ name }) => shown(name))
      .sort(),
  };
}

function shown(name: Buffer): string {
  return isUtf8(name) ? quoted(name.toString("utf8")) : `"${writeName(name)}"${readingOf(name)}`;
}

function quoted(name: string): string {
  return JSON.stringify(name);
}

function unmapped(path: string, suits: readonly string[]): ExhibitError {
  const name = basename(path);
  const hint = `or its subfolders have to be named by suit ids, ${roles.join(", ")}`;
  return suits.length > 1
    ? badUse(
        `No subfolder of ${path} is named by one of the suits ${suits.join(", ")}; give one --suit for it, ${hint}.`,
      )
    : badUse(
        `Say what ${name} (${path}) is: --suit ID, --role ${roles.join("|")} or --folder key=value, ${hint}.`,
      );
}

/** `names` as they are shown. */
function leftOver(path: string, names: readonly string[]): ExhibitError {
  const first = names.slice(0, 10);
  const more = names.length > first.length ? ` and ${names.length - first.length} more` : "";
  return badUse(
    `${path} is laid out as a case, but this in it belongs to no suit and no role and would be left out: ` +
      `${first.join(", ")}${more}. Move it, name its suit by --suit, or import the subfolders one by one.`,
  );
}
