import { createHash } from "node:crypto";
import type { ExhibitError } from "@exhibit/contracts";
import type { PlannedFile, UnsendableEntry } from "@exhibit/ledger";
import { tooLarge } from "@exhibit/oss";
import type { SourceEntry } from "@exhibit/sources";

/**
 * Returns an entry of a source as a file to send, or the ledger's entry of why it can't be sent.
 *
 * @param keyPath the path that the object's key is made of
 */
export function sendable(
  entry: SourceEntry,
  keyPath: string,
): { file: PlannedFile; refused?: undefined } | { file?: undefined; refused: UnsendableEntry } {
  if (entry.kind !== "file") return { refused: unsendableEntry(entry, keyPath) };
  const { path, size, modifiedAt } = entry;
  if (isOverlong(path)) return { refused: overlongFile(path, path) };
  if (isOverlong(keyPath)) return { refused: overlongFile(path, keyPath) };
  const refusal = tooLarge(size);
  if (refusal) return { refused: unsendableFile(path, keyPath, refusal) };
  const own = keyPath === path ? {} : { normal: keyPath };
  return { file: { path, size, modifiedAt, ...own } };
}

/**
 * Returns the ledger's entry of something in a source that isn't a readable file.
 *
 * @param normal the text of its path in normal form
 */
function unsendableEntry(
  entry: Exclude<SourceEntry, { kind: "file" }>,
  normal: string,
): UnsendableEntry {
  const own = normal === entry.path ? {} : { normal: shortened(normal) };
  const path = shortened(entry.path);
  if (entry.kind === "skipped") return { state: "skipped", path, as: entry.reason, ...own };
  const { error, folder } = entry;
  return {
    state: "failed",
    path,
    code: error.code,
    message: error.message,
    details: error.details,
    ...(folder && { folder }),
    ...own,
  };
}

/**
 * In bytes of UTF-8. OSS allows keys of 1,023 bytes, but a name may get shorter in its normal form,
 * and has four bytes for each byte that is written out. A path far beyond that can't be stored, and
 * is too long for the ledger's index, which allows 2,704 bytes.
 */
const MAX_PATH_BYTES = 2600;

function isOverlong(path: string): boolean {
  return path.length > MAX_PATH_BYTES / 3 && Buffer.byteLength(path) > MAX_PATH_BYTES;
}

/**
 * Returns the ledger's entry of a file whose path is too long.
 *
 * @param long the path in the form that is too long: as it is, or normal
 */
function overlongFile(path: string, long: string): UnsendableEntry {
  const bytes = Buffer.byteLength(long);
  const message = `The path has ${bytes} bytes; OSS takes keys of at most 1,023.`;
  const details = { bytes, most: 1023 };
  return { state: "failed", path: shortened(path), code: "KEY_INVALID", message, details };
}

/** Returns the ledger's entry of a file that can't be sent as it is. */
function unsendableFile(path: string, normal: string, error: ExhibitError): UnsendableEntry {
  const own = normal === path ? {} : { normal };
  const { code, message, details } = error;
  return { state: "failed", path, code, message, details, ...own };
}

/** Shortens a long path for the ledger to its beginning and a digest that tells it from others. */
function shortened(path: string): string {
  if (!isOverlong(path)) return path;
  const digest = createHash("sha256").update(path).digest("hex").slice(0, 16);
  return `${path.slice(0, 500).toWellFormed()}… (${digest})`;
}
