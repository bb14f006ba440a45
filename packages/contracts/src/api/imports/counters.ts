import { z } from "zod";

/**
 * What the ledger counts for each import and folder; every other list of counters derives from it.
 */
export const counterNames = [
  "files",
  "bytes",
  "stored",
  "stored_bytes",
  "identical",
  "identical_bytes",
  "failed",
  "waived",
  "skipped",
] as const;
export type CounterName = (typeof counterNames)[number];
export type Counters = Record<CounterName, number>;

/** The counters of an import of nothing. */
export const noCounters: Readonly<Counters> = Object.fromEntries(
  counterNames.map((name) => [name, 0]),
) as Counters;

/** Returns a row's or view's counters, without what else it has. */
export function countersOf(from: Counters): Counters {
  return Object.fromEntries(counterNames.map((name) => [name, from[name]])) as Counters;
}

/** The counters as the API shows them: `planned` is what is left of `files`. */
export const counts = z.object({
  files: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  planned: z.int().nonnegative().describe("Files that are still to be stored"),
  stored: z.int().nonnegative(),
  stored_bytes: z.int().nonnegative(),
  identical: z.int().nonnegative().describe("Files whose identical object already existed"),
  identical_bytes: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  waived: z.int().nonnegative(),
  skipped: z.int().nonnegative().describe("Entries that aren't files; not part of `files`"),
} satisfies Record<CounterName | "planned", z.ZodType<number>>);
export type Counts = z.output<typeof counts>;

/** Returns the counts of a row or view with the ledger's counters. */
export function countsOf(row: Counters): Counts {
  const { files, stored, identical, failed, waived } = row;
  return { ...countersOf(row), planned: files - stored - identical - failed - waived };
}
