import { type ErrorCode, errorTable } from "./error-table.ts";

/** What a person can do about what failed. */
export const failureActions = ["wait", "retry", "mend", "decide", "change_file", "report"] as const;
export type FailureAction = (typeof failureActions)[number];

/** What isn't told by whether a program repeats it. */
const special: Partial<Record<ErrorCode, FailureAction>> = {
  NAME_INVALID: "change_file",
  KEY_INVALID: "change_file",
  KEY_TAKEN: "change_file",
  FILE_NOT_ACCEPTED: "change_file",
  SOURCE_TOO_LARGE: "change_file",
  EVIDENCE_CONFLICT: "decide",
  DESTINATION_CHANGED: "decide",
  SOURCE_CHANGED: "decide",
  SOURCE_NOT_FOUND: "decide",
  SOURCE_EMPTY: "decide",
  SOURCE_ABSENT: "mend",
  SOURCE_IO: "mend",
  STORE_BLOCKED: "mend",
  TOTALS_WRONG: "report",
};

/** Returns what to do about files that failed with a code, or, where none has, are tried again. */
export function failureActionOf(code: ErrorCode, failed: boolean): FailureAction {
  if (!failed) return "wait";
  return special[code] ?? (errorTable[code].action === "never" ? "mend" : "retry");
}

/**
 * Returns whether a retry can store a file that failed with a code as it is: under its name, with its
 * bytes, and beside what is there. Where it can't, a retry finds only what was put in its place.
 */
export function canRetryHelp(code: ErrorCode): boolean {
  return special[code] !== "change_file" && code !== "EVIDENCE_CONFLICT";
}
