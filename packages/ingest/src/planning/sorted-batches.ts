import type { PlannedFile } from "@exhibit/ledger";
import { SHARD_FILES } from "./sharder.ts";

/** In batches of this size, what a statement costs besides its files no longer matters. */
const MAX_FILES = 8 * SHARD_FILES;

/**
 * Divides a stream of files into batches sorted by path. A walk returns a folder's names in any
 * order; if neighbours are in one shard, the ledger reads and fills fewer pages. The first batch is
 * small, so that uploads begin soon; each later one is twice as large, up to eight shards.
 */
export interface SortedBatches {
  /** Takes a file; returns a batch when it is large enough, otherwise an empty array. */
  add(file: PlannedFile): PlannedFile[];
  /** Returns the last batch, which may be empty. */
  rest(): PlannedFile[];
}

export function createSortedBatches(): SortedBatches {
  let files: PlannedFile[] = [];
  let enough = SHARD_FILES;

  function rest(): PlannedFile[] {
    const batch = files.sort((a, b) => (a.path < b.path ? -1 : 1));
    files = [];
    return batch;
  }

  return {
    add(file) {
      files.push(file);
      if (files.length < enough) return [];
      enough = Math.min(2 * enough, MAX_FILES);
      return rest();
    },
    rest,
  };
}
