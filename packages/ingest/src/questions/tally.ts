import type { DryRunFolder, ErrorCode } from "@exhibit/contracts";
import { errorTable, toExhibitError, visible } from "@exhibit/contracts";
import { isWrittenOut, shownPath } from "@exhibit/contracts/names";
import type { Lease } from "@exhibit/credentials";
import { collisionOf, type PlannedFile, type UnsendableEntry } from "@exhibit/ledger";
import { keyOf } from "@exhibit/oss";
import type { SourceEntry } from "@exhibit/sources";
import type { Slots } from "../planning/slots.ts";
import { sendable } from "../planning/unsendable.ts";

/** Entries of one source that a dry run looks at. */
const MAX_ENTRIES = 100_000;
/** Names that a dry run tells of one folder. */
const MAX_NAMED = 100;
/** Files of one folder that are looked for where they would go. */
const MAX_SAMPLE = 1_000;

/** How many names may still be told, in all folders together. */
export interface NameBudget {
  left: number;
}

/** Counts what a walk yields, by the rules of planning, and writes nothing. */
export interface Tally {
  take(entry: SourceEntry, keyPath: string): Promise<void>;
  /** Nothing waits: it is there because a walk calls it. */
  rest(): Promise<void>;
  readonly hasSlots: boolean;
  /** Returns what was found, once nothing more is taken. */
  end(): {
    counts: Pick<DryRunFolder, "files" | "bytes" | "skipped" | "empty" | "problems">;
    sample: readonly PlannedFile[];
  };
}

interface Problem {
  code: ErrorCode;
  message: string;
  files: number;
  paths: string[];
}

/**
 * Returns a tally of a folder.
 *
 * @param onEnough called when so many entries were taken that no more are looked at
 */
export function createTally({
  lease,
  slots,
  budget,
  onEnough,
}: {
  lease: Lease | undefined;
  slots: Slots | undefined;
  budget: NameBudget;
  onEnough: () => void;
}): Tally {
  const problems = new Map<ErrorCode, Problem>();
  const owners = new Map<string, string>();
  const sample: PlannedFile[] = [];
  const empty = { files: 0, paths: [] as string[] };
  let [entries, files, bytes, skipped, named] = [0, 0, 0, 0, 0];

  function name(paths: string[], path: string): void {
    if (named >= MAX_NAMED || budget.left === 0) return;
    named += 1;
    budget.left -= 1;
    paths.push(isWrittenOut(path) ? shownPath(path) : path);
  }

  function note(entry: UnsendableEntry): void {
    if (entry.state === "skipped") {
      skipped += 1;
      return;
    }
    const { code, message, path } = entry;
    const problem = problems.get(code) ?? { code, message: visible(message), files: 0, paths: [] };
    problems.set(code, problem);
    problem.files += 1;
    name(problem.paths, path);
  }

  function count(file: PlannedFile): void {
    const key = file.normal ?? file.path;
    // A vendor that opens files one by one chooses their keys itself.
    const owner = slots === undefined ? owners.get(key) : undefined;
    const fault = faultOf(lease, key);
    if (owner !== undefined) note(collisionOf(file, owner));
    else if (fault !== undefined) note({ state: "failed", path: file.path, ...fault });
    else add(file, key);
  }

  function add(file: PlannedFile, key: string): void {
    owners.set(key, file.path);
    files += 1;
    bytes += file.size;
    if (sample.length < MAX_SAMPLE) sample.push(file);
    if (file.size > 0) return;
    empty.files += 1;
    name(empty.paths, file.path);
  }

  return {
    hasSlots: slots !== undefined,
    async take(entry, keyPath) {
      // More may come before the walk has noticed.
      if (entries === MAX_ENTRIES) {
        onEnough();
        return;
      }
      entries += 1;
      const { file, refused } = sendable(entry, keyPath);
      if (refused) note(refused);
      else if (slots) slots.add(file).forEach(note);
      else count(file);
    },
    async rest() {},
    end() {
      slots?.rest().forEach(count);
      const sorted = [...problems.values()].sort((a, b) => b.files - a.files);
      const shown = sorted.map((each) => ({ ...each, remedy: errorTable[each.code].remedy }));
      return { counts: { files, bytes, skipped, empty, problems: shown }, sample };
    },
  };
}

/** Returns why a file can't get its key; a vendor that opens files one by one names them itself. */
function faultOf(lease: Lease | undefined, key: string) {
  if (lease === undefined || lease.object !== undefined) return undefined;
  try {
    keyOf(lease, key);
    return undefined;
  } catch (thrown) {
    const { code, message } = toExhibitError(thrown);
    return { code, message };
  }
}
