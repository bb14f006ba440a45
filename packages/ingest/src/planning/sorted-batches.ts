import type { PlannedFile } from "@exhibit/ledger";
import { SHARD_FILES } from "./sharder.ts";

/** With so many at a time, what a statement costs besides its files doesn't count. */
const MOST_FILES = 8 * SHARD_FILES;

/**
 * Gathers files for the ledger as they come and gives them sorted: a walk gives a folder's names in any order, and with
 * neighbours in one shard the ledger touches, and fills, fewer pages. The first files are given soon, so that uploads begin;
 * then more and more at a time.
 */
export function createGatherer() {
  let files: PlannedFile[] = [];
  let enough = SHARD_FILES;

  function rest(): PlannedFile[] {
    const gathered = files.sort((a, b) => (a.path < b.path ? -1 : 1));
    files = [];
    return gathered;
  }

  return {
    /** Takes a file; gives those that were gathered once there are enough. */
    add(file: PlannedFile): PlannedFile[] {
      files.push(file);
      if (files.length < enough) return [];
      enough = Math.min(2 * enough, MOST_FILES);
      return rest();
    },
    rest,
  };
}
