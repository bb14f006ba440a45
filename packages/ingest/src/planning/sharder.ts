import type { PlannedFile } from "@exhibit/ledger";

/** A shard is up to this many files … */
export const SHARD_FILES = 256;
/** … and up to this many bytes; a bigger file goes alone. */
export const SHARD_BYTES = 256 * 1024 * 1024;

/** Gathers files into shards as they come; `add` and `rest` give the shards that are full. */
export function createSharder() {
  let files: PlannedFile[] = [];
  let bytes = 0;

  function take(): PlannedFile[][] {
    const shard = files;
    files = [];
    bytes = 0;
    return shard.length > 0 ? [shard] : [];
  }

  return {
    add(file: PlannedFile): PlannedFile[][] {
      if (file.size > SHARD_BYTES) return [[file]];
      const full = bytes + file.size > SHARD_BYTES ? take() : [];
      files.push(file);
      bytes += file.size;
      return files.length === SHARD_FILES ? [...full, ...take()] : full;
    },
    rest: take,
  };
}
