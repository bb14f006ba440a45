import { InvalidArgumentError } from "commander";

/** A day, or a moment with its time zone. */
const FORM = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Reads a moment, or a day, which begins at midnight in this machine's time zone (TZ). */
export function readTime(text: string): string {
  const at = FORM.test(text) ? new Date(text.includes("T") ? text : `${text}T00:00`) : undefined;
  if (at !== undefined && !Number.isNaN(at.getTime())) return at.toISOString();
  throw new InvalidArgumentError("a day (2026-11-30) or a moment (2026-11-30T08:00+08:00) it is.");
}
