import { ExhibitError } from "@exhibit/contracts";
import type { PerFile } from "@exhibit/credentials";
import type { PlannedFile, UnsendableEntry } from "@exhibit/ledger";

type FileRules = Pick<PerFile, "limit" | "slot">;

/** Numbers the files of a folder, for a vendor that opens files one by one. */
export interface Slots {
  /**
   * Takes a file, in any order; returns the files that the vendor won't accept, as far as they are
   * known now.
   */
  add(file: PlannedFile): UnsendableEntry[];
  /** Returns the accepted files, each with its slot, except those that had a slot before. */
  rest(): PlannedFile[];
}

/**
 * Assigns the free slots, in ascending order, to the first files by path. Never holds more files
 * than there are free slots, however large the source is.
 *
 * @param given the slots that an earlier walk assigned, by path; they stay as they are
 */
export function createSlots(
  vendor: string,
  perFile: FileRules,
  given: ReadonlyMap<string, number>,
): Slots {
  const used = new Set(given.values());
  const free = Array.from({ length: perFile.limit }, (_, i) => i + 1).filter((n) => !used.has(n));
  /** Sorted by path. */
  const taken: PlannedFile[] = [];

  return {
    add(file) {
      if (given.has(file.path)) return [];
      // Which number it gets doesn't decide whether the vendor accepts it.
      const slot = perFile.slot({ path: file.normal ?? file.path, number: 1 });
      if (slot instanceof ExhibitError) return [failed(file, slot)];
      taken.splice(taken.findLastIndex((other) => isBefore(other, file)) + 1, 0, file);
      return taken.length > free.length
        ? taken.splice(free.length).map((extra) => failed(extra, tooMany(vendor, perFile)))
        : [];
    },
    rest: () => taken.map((file, i) => Object.assign({ ...file }, { slot: free[i] as number })),
  };
}

/** Compares paths by their UTF-8 bytes: the order in which files are listed. */
function isBefore(a: PlannedFile, b: PlannedFile): boolean {
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)) < 0;
}

function tooMany(vendor: string, { limit }: FileRules): ExhibitError {
  return new ExhibitError(
    "FILE_NOT_ACCEPTED",
    `${vendor} takes at most ${limit} files for a folder; the first by path have those places.`,
    { details: { vendor, most: limit } },
  );
}

function failed({ path, normal }: PlannedFile, error: ExhibitError): UnsendableEntry {
  const { code, message, details } = error;
  return { state: "failed", path, code, message, details, ...(normal !== undefined && { normal }) };
}
