import { lstat, realpath, stat } from "node:fs/promises";
import type { Source } from "@exhibit/contracts";
import { ExhibitError } from "@exhibit/contracts/errors";
import { missingPath } from "../file-system/missing-path.ts";
import { textOf } from "../file-system/names.ts";
import { isInBounds, type Place, whereInPlace } from "../file-system/place.ts";
import { onDisk, rawPath } from "../file-system/raw-paths.ts";
import { checkApart, checkPath, locate } from "../file-system/roots.ts";
import type { SourceReader } from "../source.ts";
import { sourceError } from "../source-error.ts";
import type { Absence, NamedSource, SourceContext } from "../source-kind.ts";

type DirectoryOptions = Extract<Source, { type: "directory" }>;

/** A folder of this machine's file system, with all that lies below it. */
export function directory(options: DirectoryOptions): NamedSource {
  const { path } = options;
  return {
    name: path,
    check(policy) {
      checkPath(path, policy);
      checkApart(path, policy.dataDir);
    },
    open: (context) => openDirectory(options, context),
    absence: (error, file, { roots }) => absenceIn(path, file ?? "", error, roots),
  };
}

async function openDirectory(
  { path, follow_symlinks, names }: DirectoryOptions,
  { policy, openFile, walkTree }: SourceContext,
): Promise<SourceReader> {
  checkPath(path, policy);
  const followSymlinks = follow_symlinks === true;
  const place = await locate(path, policy, { followSymlinks, names });
  await checkFolder(place.root, path);
  return {
    walk(walkOptions) {
      checkApart(place.root, policy.dataDir);
      return walkTree(place, walkOptions);
    },
    open: (file, expected) => openFile(place, file.path, expected),
    nameOf: (of) => textOf(of, names) ?? of,
    isFolder: (of) => isFolder(place, of),
    // Files and walks are closed by those who opened them, and nothing else is open.
    async [Symbol.asyncDispose]() {},
  };
}

async function isFolder(place: Place, path: string): Promise<boolean> {
  try {
    const where = onDisk(whereInPlace(place, path));
    if (!place.followSymlinks) return (await lstat(where)).isDirectory();
    const real = await realpath(where, "buffer");
    return isInBounds(place, rawPath(real)) && (await lstat(real)).isDirectory();
  } catch {
    return false;
  }
}

async function checkFolder(root: string, path: string): Promise<void> {
  const stats = await stat(onDisk(root)).catch((thrown: unknown) => {
    throw sourceError(thrown, path);
  });
  if (stats.isDirectory()) return;
  throw new ExhibitError("SOURCE_UNREADABLE", `The source ${path} isn't a folder.`, {
    details: { path },
  });
}

/** A share may be mounted on one machine only, or for one user only. */
async function absenceIn(
  source: string,
  file: string,
  error: ExhibitError,
  roots: readonly string[],
): Promise<Absence | undefined> {
  if (!dependsOnMachine(error)) return undefined;
  const path = whereInPlace({ root: source }, file);
  // What may not be read is there.
  if (error.code === "SOURCE_UNREADABLE") return { path, unmounted: undefined };
  const missing = await missingPath(path, { source, roots });
  if (missing === undefined) return { path, unmounted: undefined };
  const looksUnmounted = error.code === "SOURCE_NOT_FOUND" && missing.looksUnmounted;
  // It is a source, or lies above one: its names are text.
  const shown = `"${missing.path}"`;
  const why = missing.isEmptyFolder ? `${shown} is empty` : `there is no ${shown}`;
  return { path: missing.path, unmounted: looksUnmounted ? why : undefined };
}

function dependsOnMachine({ code, details }: ExhibitError): boolean {
  if (code === "SOURCE_UNREADABLE") return details.errno === "EACCES" || details.errno === "EPERM";
  return code === "SOURCE_NOT_FOUND" || code === "SOURCE_EMPTY";
}
