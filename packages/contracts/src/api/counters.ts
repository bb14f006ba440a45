import { z } from "zod";

/** What the ledger counts for each import and folder; every other list of counters derives from it. */
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
export const noCounters: Readonly<Counters> = counters(() => 0);

/** Returns the counters by name. */
export function counters(read: (name: CounterName) => number): Counters {
  const entries = counterNames.map((name) => [name, read(name)]);
  return Object.fromEntries(entries) as Counters;
}

/** The counters as the API shows them: `files` = `planned` + `stored` + `identical` + `failed` + `waived`. */
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
  return {
    ...counters((name) => row[name]),
    planned: files - stored - identical - failed - waived,
  };
}
