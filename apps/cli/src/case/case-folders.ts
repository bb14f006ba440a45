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
import type { CaseFolders } from "@exhibit/credentials";
import { badUse } from "../output/exit-codes.ts";
import { folderName } from "../output/folder-report.ts";
import { caseFoldersOf, namedFolder } from "./vendor-folders.ts";

/** What the command line says about the case. */
export interface CaseOptions {
  vendor: string;
  entrust: string | undefined;
  suits: readonly string[];
  role: string | undefined;
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
 * The import that the folders and options of a command line mean. Throws REQUEST_INVALID (bad use)
 * naming what can't be mapped: nothing that lies in a folder is left out in silence.
 */
export async function mapCase(
  folders: readonly string[],
  options: CaseOptions,
): Promise<MappedCase> {
  const named = namedFolder(options);
  const mapped: FolderRequest[] = [];
  for (const folder of folders) mapped.push(...(await mapFolder(resolve(folder), options, named)));
  const suitIds = new Set(options.suits);
  for (const { folder } of mapped) if (folder.suit_id !== undefined) suitIds.add(folder.suit_id);
  const covered = new Set(mapped.map(({ folder }) => folder.suit_id));
  const mapsItself = mapped.length > 0 && !("selector" in named);
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
 * Maps a folder's subfolders to a vendor's folders of a case by their names alone. Returns none for
 * a folder that isn't laid out as a case, or a vendor that opens no cases. Throws REQUEST_INVALID
 * naming what would be left out of a folder that is almost laid out as one.
 */
export async function mapLayout(path: string, vendor: string): Promise<FolderRequest[]> {
  const cases = caseFoldersOf(vendor);
  if (cases === undefined) return [];
  return (await namesInCase(path, [], cases)).map((name) => ({
    vendor,
    folder: selectorOf(name, cases),
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

async function mapFolder(
  path: string,
  options: CaseOptions,
  named: ReturnType<typeof namedFolder>,
): Promise<FolderRequest[]> {
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
  if ("selector" in named) return [bound(named.selector)];

  const { cases } = named;
  const names = await namesInCase(path, options.suits, cases);
  if (names.length === 0) {
    const [suit, ...more] = options.suits;
    if (suit !== undefined && more.length === 0) return [bound(cases.suit(suit))];
    throw unmapped(path, options.suits, cases);
  }
  return names.map((name) => bound(selectorOf(name, cases), name));
}

/** Returns the selector of the vendor's folder that a subfolder's name stands for. */
function selectorOf(name: string, cases: CaseFolders): FolderSelector {
  return cases.roles.includes(name) ? cases.role(name) : cases.suit(name);
}

/**
 * The subfolders that stand for a folder of the case; none where it isn't laid out as one. Throws
 * when any would be left out.
 */
async function namesInCase(
  path: string,
  suits: readonly string[],
  cases: CaseFolders,
): Promise<string[]> {
  const { subfolders, others } = await contentsOf(path);
  const names = namesOf(path, subfolders, suits, cases);
  if (names.length === 0) return [];
  const left = [...subfolders.filter((name) => !names.includes(name)).map(quoted), ...others];
  if (left.length > 0) throw leftOver(path, left);
  return names;
}

/** Which subfolders stand for a folder of the case, sorted by name. */
function namesOf(
  path: string,
  subfolders: readonly string[],
  suits: readonly string[],
  { roles }: CaseFolders,
): string[] {
  const isRole = (name: string) => roles.includes(name);
  if (suits.length > 0) return subfolders.filter((name) => isRole(name) || suits.includes(name));
  // Without --suit the names themselves say the suits, but only where the folder is clearly laid
  // out as a case.
  const isCase =
    subfolders.some(isRole) || (subfolders.length > 0 && subfolders.every(isSuitNumber));
  if (!isCase && subfolders.some(isSuitNumber))
    throw leftOver(path, subfolders.filter((name) => !isSuitNumber(name)).map(quoted));
  return isCase ? [...subfolders] : [];
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

/**
 * The subfolders that may stand for one of the case, and what else there is, as it is shown; both
 * sorted.
 */
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

function unmapped(path: string, suits: readonly string[], { roles }: CaseFolders): ExhibitError {
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
