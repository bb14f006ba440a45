import type { SourceEntry } from "../source.ts";
import { fromThreadError, type ThreadError, toThreadError } from "./thread-error.ts";

/**
 * Entries on their way from thread to thread. An object for each file would cost as much as looking
 * at the file does.
 */
export interface PackedEntries {
  /** Paths of the files, joined by NUL, which no path holds. */
  paths: string;
  /** Size and time of each file. */
  stats: Float64Array;
  others: PackedOther[];
}

type PackedOther =
  | Extract<SourceEntry, { kind: "skipped" }>
  | (Omit<Extract<SourceEntry, { kind: "faulty" }>, "error"> & { error: ThreadError });

export function packEntries(entries: readonly SourceEntry[]): PackedEntries {
  const paths: string[] = [];
  const stats = new Float64Array(entries.length * 2);
  const others: PackedOther[] = [];
  for (const entry of entries) {
    if (entry.kind === "file") {
      stats[paths.length * 2] = entry.size;
      stats[paths.length * 2 + 1] = entry.modifiedAt;
      paths.push(entry.path);
    } else others.push(packOther(entry));
  }
  return { paths: paths.join("\0"), stats, others };
}

/** Yields the files first. */
export function* unpackEntries({ paths, stats, others }: PackedEntries): Generator<SourceEntry> {
  if (paths !== "") {
    for (const [index, path] of paths.split("\0").entries()) {
      const [size = 0, modifiedAt = 0] = stats.subarray(index * 2);
      yield { kind: "file", path, size, modifiedAt };
    }
  }
  for (const other of others) yield unpackOther(other);
}

function packOther(entry: Exclude<SourceEntry, { kind: "file" }>): PackedOther {
  return entry.kind === "faulty" ? { ...entry, error: toThreadError(entry.error) } : entry;
}

function unpackOther(other: PackedOther): SourceEntry {
  return other.kind === "faulty" ? { ...other, error: fromThreadError(other.error) } : other;
}
