import { toExhibitError } from "@exhibit/contracts";
import type { Finding, SealedEntry } from "@exhibit/ledger";
import type { Attempt } from "@exhibit/queue";
import type { SourceReader, Sources } from "@exhibit/sources";
import { handedBack } from "../jobs/postpone.ts";
import type { ByteBudget } from "../storing/byte-budget.ts";
import { compareBytes, findingOf } from "./compare.ts";
import { eachAtOnce } from "./each-at-once.ts";
import { type CompareFolder, unreadableOf } from "./verify-copies.ts";

interface SourceDependencies {
  sources: Pick<Sources, "open">;
  /** The memory that everything that this worker reads shares. */
  memory: ByteBudget;
}

/** Files that are read at once: the reader threads are shared with what is being stored. */
const AT_ONCE = 4;
/** Bytes that are read at a time. */
const PIECE = 1024 * 1024;

/** Returns what compares receipts with the evidence that they were made of. */
export function compareSources(
  { sources, memory }: SourceDependencies,
  { rate, attempt }: { rate: number | null; attempt: Pick<Attempt, "postponed"> },
): CompareFolder {
  return async ({ folder, entries, chosen }, tally, signal) => {
    const own = entries.filter((entry) => chosen.has(entry));
    if (own.length === 0) return;
    tally.means.add("reading");
    let reader: SourceReader;
    try {
      reader = await sources.open(folder.source, folder.source_limits ?? undefined);
    } catch (thrown) {
      const error = elsewhere(thrown, attempt);
      for (const entry of own) tally.unreadable(entry, error.code, undefined);
      return;
    }
    await using source = reader;
    await eachAtOnce(own, { atOnce: AT_ONCE, rate, signal }, async (entry) => {
      try {
        tally.count(await readAgain(source, memory, entry));
      } catch (thrown) {
        const { code } = unreadableOf(thrown, signal, attempt);
        if (code === "SOURCE_NOT_FOUND") tally.count(findingOf(entry, { kind: "missing" }));
        else tally.unreadable(entry, code, undefined);
      }
    });
  };
}

/** Returns why a source can't be read. Throws for one that isn't mounted here: others may have it. */
function elsewhere(thrown: unknown, attempt: Pick<Attempt, "postponed">) {
  const error = toExhibitError(thrown);
  if (error.code === "SOURCE_ABSENT" && attempt.postponed < PATIENCE)
    throw handedBack(error, attempt);
  return error;
}

/** How often a verification is handed to others before the source counts as absent everywhere. */
const PATIENCE = 20;

async function readAgain(
  source: SourceReader,
  memory: ByteBudget,
  entry: SealedEntry,
): Promise<Finding | undefined> {
  const free = await memory.acquire(PIECE);
  try {
    await using file = await source.open({ path: entry.place.path }, undefined);
    for (let at = 0; ; ) {
      const piece = await file.read(Math.min(PIECE, file.size - at));
      at += piece.bytes.length;
      const { sha256 } = piece;
      piece.release();
      if (sha256 !== undefined) return compareBytes(entry, { size: file.size, sha256 });
    }
  } finally {
    free();
  }
}
