import { createHash } from "node:crypto";
import type { ExhibitError } from "@exhibit/contracts";
import type { AsideEntry } from "@exhibit/ledger";
import type { SourceEntry } from "@exhibit/sources";

/** An entry of a source that isn't a file that can be sent; `normal` is the text of its path in its normal form. */
export function asideOf(entry: Exclude<SourceEntry, { kind: "file" }>, normal: string): AsideEntry {
  const own = normal === entry.path ? {} : { normal: shortened(normal) };
  const path = shortened(entry.path);
  if (entry.kind === "skipped") return { state: "skipped", path, as: entry.reason, ...own };
  const { error, folder } = entry;
  return {
    state: "failed",
    path,
    code: error.code,
    message: error.message,
    ...(folder && { folder }),
    ...own,
  };
}

/**
 * Bytes of UTF-8. OSS takes 1,023 of them for a key, and a name may get shorter in its normal form, or has four bytes for each
 * that is written out; what is far beyond that can't be stored, and is too long for the ledger's index, which takes 2,704.
 */
const LONGEST_PATH = 2600;

export function isTooLong(path: string): boolean {
  return path.length > LONGEST_PATH / 3 && Buffer.byteLength(path) > LONGEST_PATH;
}

/** Of a file whose path is too long, as it is or in its normal form: `long`. */
export function tooLong(path: string, long: string): AsideEntry {
  const bytes = Buffer.byteLength(long);
  const message = `The path has ${bytes} bytes; OSS takes keys of at most 1,023.`;
  return { state: "failed", path: shortened(path), code: "KEY_INVALID", message };
}

/** Of a file that can't be sent as it is. */
export function asideFor(path: string, normal: string, error: ExhibitError): AsideEntry {
  const own = normal === path ? {} : { normal };
  return { state: "failed", path, code: error.code, message: error.message, ...own };
}

/** A path that can be kept in the ledger: of a long one its beginning, and a digest that keeps it apart from others. */
function shortened(path: string): string {
  if (!isTooLong(path)) return path;
  const digest = createHash("sha256").update(path).digest("hex").slice(0, 16);
  return `${path.slice(0, 500).toWellFormed()}… (${digest})`;
}
