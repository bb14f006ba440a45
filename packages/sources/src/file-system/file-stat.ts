import type { Stats } from "node:fs";
import { ExhibitError } from "@exhibit/contracts/errors";
import type { FileStat } from "../source.ts";

export function statOf(stats: Pick<Stats, "size" | "mtimeMs">): FileStat {
  // What is no number at all becomes 0.
  const modifiedAt = Math.max(-LAST_DATE, Math.min(LAST_DATE, Math.floor(stats.mtimeMs))) || 0;
  return { size: stats.size, modifiedAt };
}

/** "±100,000,000 days" (ECMAScript): a file system can hold times beyond those of a Date, a ledger can't. */
const LAST_DATE = 8.64e15;

/** @throws {ExhibitError} SOURCE_CHANGED, naming what changed from what to what */
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
