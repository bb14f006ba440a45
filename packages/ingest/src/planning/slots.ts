import { ExhibitError } from "@exhibit/contracts";
import type { PerFile } from "@exhibit/credentials";
import type { AsideEntry, PlannedFile } from "@exhibit/ledger";

type Taking = Pick<PerFile, "limit" | "slot">;

/** Gives the files of a folder their numbers, for a vendor that opens them one by one. */
export interface Slotter {
  /** Takes a file, in any order; gives the files that the vendor can't take, as far as that is known now. */
  add(file: PlannedFile): AsideEntry[];
  /** The files that were taken, each with its slot; those that have one already aren't among them. */
  rest(): PlannedFile[];
}

/**
 * The first files by path get the slots that are free, in ascending order; what `given` holds, an earlier walk's slots
 * by path, stays. Never holds more files than there are free slots, however large the source is.
 */
export function createSlotter(
  vendor: string,
  perFile: Taking,
  given: ReadonlyMap<string, number>,
): Slotter {
  const used = new Set(given.values());
  const free = Array.from({ length: perFile.limit }, (_, i) => i + 1).filter((n) => !used.has(n));
  /** Sorted by path. */
  const taken: PlannedFile[] = [];

  return {
    add(file) {
      if (given.has(file.path)) return [];
      // Whether it is taken at all doesn't depend on which number it gets.
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

/** By their bytes in UTF-8, the order in which files are listed. */
function isBefore(a: PlannedFile, b: PlannedFile): boolean {
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)) < 0;
}

function tooMany(vendor: string, { limit }: Taking): ExhibitError {
  return new ExhibitError(
    "FILE_NOT_ACCEPTED",
    `${vendor} takes at most ${limit} files for a folder; the first by path have those places.`,
    { details: { vendor } },
  );
}

function failed({ path, normal }: PlannedFile, { code, message }: ExhibitError): AsideEntry {
  return { state: "failed", path, code, message, ...(normal !== undefined && { normal }) };
}
