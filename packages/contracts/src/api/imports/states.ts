import { z } from "zod";

export const importStatuses = [
  "planning",
  "storing",
  "sealing",
  "sealed",
  "attention",
  "cancelled",
] as const;
export const importStatus = z.enum(importStatuses);
export type ImportStatus = z.output<typeof importStatus>;

/** The statuses of an import that has ended for good: nothing that people do goes on with it. */
export const closedStatuses = ["sealed", "cancelled"] as const satisfies readonly ImportStatus[];

/** Returns whether an import has ended for good. */
export function isClosed(status: ImportStatus): boolean {
  return closedStatuses.some((closed) => closed === status);
}

/** The statuses of an import that nothing runs for any more. */
export const restingStatuses: ReadonlySet<ImportStatus> = new Set([
  "sealed",
  "attention",
  "cancelled",
]);

/**
 * The states of an entry of a source. `skipped` is an entry that isn't a file (a symbolic link, a
 * device): it is recorded and counted separately.
 */
export const fileStates = [
  "planned",
  "stored",
  "identical",
  "failed",
  "waived",
  "skipped",
] as const;
export const fileState = z.enum(fileStates);
export type FileState = z.output<typeof fileState>;

/** What a skipped entry is. */
export const skippedAs = z.enum(["symlink", "loop", "fifo", "socket", "device", "other"]);
export type SkippedAs = z.output<typeof skippedAs>;
