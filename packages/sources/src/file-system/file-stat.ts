import type { Stats } from "node:fs";
import { ExhibitError } from "@exhibit/contracts/errors";
import type { FileStat } from "../source.ts";

/** Returns what is kept of a file's stats. */
export function statOf(stats: Pick<Stats, "size" | "mtimeMs">): FileStat {
  // NaN becomes 0.
  const modifiedAt = Math.max(-LAST_DATE, Math.min(LAST_DATE, Math.floor(stats.mtimeMs))) || 0;
  return { size: stats.size, modifiedAt };
}

/**
 * "±100,000,000 days" (ECMAScript): a file system can keep times that are beyond those of a Date,
 * and the ledger can't.
 */
const LAST_DATE = 8.64e15;

/**
 * Checks that a file is what it was.
 *
 * @param path what the message names
 * @throws {ExhibitError} SOURCE_CHANGED, with what changed from what to what
 */
export function checkUnchanged(path: string, before: FileStat, now: FileStat): void {
  const changes: string[] = [];
  if (now.size !== before.size) {
    changes.push(`its size from ${before.size} to ${now.size} bytes`);
  }
  if (now.modifiedAt !== before.modifiedAt) {
    changes.push(`its time from ${showTime(before.modifiedAt)} to ${showTime(now.modifiedAt)}`);
  }
  if (changes.length === 0) return;
  throw new ExhibitError("SOURCE_CHANGED", `${path} has changed: ${changes.join(" and ")}.`, {
    details: {
      path,
      size_before: before.size,
      size_now: now.size,
      modified_before: before.modifiedAt,
      modified_now: now.modifiedAt,
    },
  });
}

function showTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
