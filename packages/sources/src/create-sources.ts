import type { Source } from "@exhibit/contracts";
import type { ExhibitError } from "@exhibit/contracts/errors";
import { canBeRead } from "./file-system/missing-path.ts";
import { namedSource } from "./registry.ts";
import type { SourceReader } from "./source.ts";
import type { Absence, SourceContext, SourcePolicy } from "./source-kind.ts";
import { createReaderPool } from "./threads/reader-pool.ts";
import { createWalkerPool } from "./threads/walker-pool.ts";

export interface SourcesOptions extends Omit<SourcePolicy, "limits"> {
  /** What is read and not released yet should take no more bytes than this: more costs extra. */
  memoryBytes: number;
  /** Whether files are digested by SM3 as well. @defaultValue false */
  withSm3?: boolean;
}

/** Sources of every kind, and all threads that read them. */
export interface Sources {
  /**
   * Opens a source, which must lie within what the policy allows, by its text and in reality, and
   * so must all that links in it lead to.
   *
   * @param limits folders that it must lie below as well; undefined for no further limit
   * @throws {ExhibitError} SOURCE_OUTSIDE_ROOTS, SOURCE_NOT_FOUND, SOURCE_UNREADABLE (also when it
   * isn't a folder), SOURCE_IO; REQUEST_INVALID for a kind that isn't known here
   */
  open(source: Source, limits: SourcePolicy["limits"]): Promise<SourceReader>;
  /**
   * Returns what this machine can't see but another one may, given the error with which a source
   * couldn't be read; undefined when one worker alone can judge.
   *
   * @param missed the source and, unless it is missing itself, the path of a file in it
   */
  absence(error: ExhibitError, missed: MissedEntry): Promise<Absence | undefined>;
  /** Returns whether this machine can read something at the path of another machine's absence. */
  canBeRead(path: string): Promise<boolean>;
  /** Returns the milliseconds for which the disk or share of some file has owed an answer. */
  silence(): number;
  /** Ends all threads; what they are reading or walking fails with SOURCE_IO. */
  close(): Promise<void>;
}

/** What couldn't be read. */
export interface MissedEntry {
  source: Source;
  /** A path that `walk` yielded; undefined: the source itself. */
  path?: string;
}

/** Starts no thread before one is needed. */
export function createSources({ memoryBytes, withSm3, ...policy }: SourcesOptions): Sources {
  const readers = createReaderPool(memoryBytes, { ...(withSm3 !== undefined && { withSm3 }) });
  const walkers = createWalkerPool(readers);
  const context: SourceContext = { policy, openFile: readers.open, walkTree: walkers.walk };
  return {
    open: async (source, limits) =>
      namedSource(source).open({ ...context, policy: { ...policy, limits } }),
    async absence(error, { source, path }) {
      // Any worker meets an error that isn't of reading, also the one for a kind that isn't known.
      if (!error.code.startsWith("SOURCE_")) return undefined;
      return namedSource(source).absence(error, path, policy);
    },
    canBeRead: (path) => canBeRead(path, policy.roots),
    silence: readers.silence,
    close: async () => void (await Promise.all([readers.close(), walkers.close()])),
  };
}

/**
 * Checks a source by its text alone, without I/O.
 *
 * @throws {ExhibitError} REQUEST_INVALID, also when it holds Exhibit's own data;
 * SOURCE_OUTSIDE_ROOTS
 */
export function checkSource(source: Source, policy: SourcePolicy): void {
  namedSource(source).check(policy);
}

/** Returns what people call a source; only its kind, if it isn't one that can be read here. */
export function sourceName(source: Source): string {
  try {
    return namedSource(source).name;
  } catch {
    return source.type;
  }
}
