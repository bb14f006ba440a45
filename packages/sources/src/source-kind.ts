import type { ExhibitError } from "@exhibit/contracts/errors";
import type { Place } from "./file-system/place.ts";
import type { ReadableFolders } from "./file-system/roots.ts";
import type { FileStat, SourceEntry, SourceFile, SourceReader, WalkOptions } from "./source.ts";

// What a kind of source is made of: `registry.ts` has them all, and `testing/` what each must pass.

/** What the configuration, and the limits of whoever asks, let requests read. */
export interface SourcePolicy extends ReadableFolders {
  /**
   * The real path of Exhibit's own data, which no source may hold; undefined where there is none.
   */
  readonly dataDir: string | undefined;
}

/** What a kind reads with. Threads, shared memory and digests stay behind it. */
export interface SourceContext {
  readonly policy: SourcePolicy;
  /**
   * Opens a file of the file system, to be read and digested in a thread; see `SourceReader.open`.
   * One that is small and `expected` is opened, read and closed in one go when all of it is read.
   */
  openFile(place: Place, path: string, expected: FileStat | undefined): Promise<SourceFile>;
  /** Walks a tree of the file system in a thread; see `SourceReader.walk`. */
  walkTree(place: Place, options: WalkOptions): AsyncIterable<SourceEntry>;
}

/** A source that a request names, by its kind; nothing of it has been read yet. */
export interface NamedSource {
  /** What people call it. */
  readonly name: string;
  /**
   * Checks it by its text alone, without I/O, so that the API refuses early what could never be
   * read.
   *
   * @throws {ExhibitError} REQUEST_INVALID, SOURCE_OUTSIDE_ROOTS
   */
  check(policy: SourcePolicy): void;
  /** @throws {ExhibitError} SOURCE_* */
  open(context: SourceContext): Promise<SourceReader>;
  /**
   * Returns what this machine can't see but another one may, given the error with which the source,
   * or a file in it, couldn't be read; undefined when any worker would meet the same error, so that
   * one alone can judge.
   */
  absence(
    error: ExhibitError,
    path: string | undefined,
    policy: SourcePolicy,
  ): Promise<Absence | undefined>;
}

/** Something that isn't there, or may not be read, on this machine. */
export interface Absence {
  /** The absolute path that other workers are asked to look for; see raw-paths.ts. */
  readonly path: string;
  /**
   * Why it looks like a share that isn't mounted, such as `"/mnt/share" is empty`; else undefined.
   */
  readonly unmounted: string | undefined;
}

/** A kind of source: makes a source of the options in a request. */
export type SourceKind<Options> = (options: Options) => NamedSource;
