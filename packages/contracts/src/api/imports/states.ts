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
