import { parseBwlimit } from "@exhibit/contracts";

/** The option of commands that start a worker. */
export const bwlimitOption = [
  "--bwlimit <limit>",
  "limit what all workers send together, like `exhibit bwlimit`: 10M, 512k, off, a timetable",
] as const;

/** Checks a limit before anything is started. Throws REQUEST_INVALID. */
export function checkBwlimit(limit: string | undefined): void {
  if (limit !== undefined) parseBwlimit(limit);
}
