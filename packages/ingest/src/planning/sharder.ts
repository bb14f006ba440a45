import type { PlannedFile } from "@exhibit/ledger";

/** A shard has at most this many files … */
export const SHARD_FILES = 256;
/** … and at most this many bytes; a larger file has a shard of its own. */
export const SHARD_BYTES = 256 * 1024 * 1024;

/** Divides a stream of files into shards. */
export interface Sharder {
  /** Takes a file; returns the shards that are full now. */
  add(file: PlannedFile): PlannedFile[][];
  /** Returns the last shard, unless it is empty. */
  rest(): PlannedFile[][];
}

export function createSharder(): Sharder {
  let files: PlannedFile[] = [];
  let bytes = 0;

  function take(): PlannedFile[][] {
    const shard = files;
    files = [];
    bytes = 0;
    return shard.length > 0 ? [shard] : [];
  }

  return {
    add(file) {
      if (file.size > SHARD_BYTES) return [[file]];
      const full = bytes + file.size > SHARD_BYTES ? take() : [];
      files.push(file);
      bytes += file.size;
      return files.length === SHARD_FILES ? [...full, ...take()] : full;
    },
    rest: take,
  };
}
