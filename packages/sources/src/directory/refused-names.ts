import { ExhibitError } from "@exhibit/contracts/errors";
import { type NameEncoding, nameEncodings, readingOf, writeName } from "@exhibit/contracts/names";
import type { SourceEntry } from "../source.ts";

type Faulty = Extract<SourceEntry, { kind: "faulty" }>;

/** A folder that isn't taken because of its name. What lies below it is only counted. */
export interface RefusedFolder {
  readonly path: string;
  readonly name: Buffer;
  files: number;
  bytes: number;
  /** Not everything below it could be looked at. */
  isPartial: boolean;
}

/** Counts entries that lie below a folder. */
export function countBelow(folder: RefusedFolder, entries: readonly SourceEntry[]): void {
  for (const entry of entries) {
    if (entry.kind === "faulty") folder.isPartial = true;
    if (entry.kind !== "file") continue;
    folder.files += 1;
    folder.bytes += entry.size;
  }
}

/** Returns the entry for a file whose name isn't text. */
export function refusedFile(
  path: string,
  name: Buffer,
  encoding: NameEncoding | undefined,
): Faulty {
  return refused(path, name, `The name ${shown(name)} ${isNoText(encoding)}.`);
}

/** Returns the entry for a folder whose name isn't text, once all that lies below it is counted. */
export function refusedFolder(
  { path, name, files, bytes, isPartial }: RefusedFolder,
  encoding: NameEncoding | undefined,
): Faulty {
  const least = isPartial ? "at least " : "";
  const rest = isPartial ? "; not all of it could be looked at" : "";
  const message =
    `The name of the folder ${shown(name)} ${isNoText(encoding)}. ` +
    `Not imported with it: ${least}${count(files, "file")}, ${count(bytes, "byte")}${rest}.`;
  return { ...refused(path, name, message), folder: { files: isPartial ? null : files } };
}

function refused(path: string, name: Buffer, message: string) {
  const details = { path, name_hex: name.toString("hex") };
  return {
    kind: "faulty",
    path,
    error: new ExhibitError("NAME_INVALID", message, { details }),
  } as const;
}

function shown(name: Buffer): string {
  return `${writeName(name)}${readingOf(name)}`;
}

function isNoText(encoding: NameEncoding | undefined): string {
  return encoding === undefined ? "isn't UTF-8" : `is neither UTF-8 nor ${nameEncodings[encoding]}`;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}
