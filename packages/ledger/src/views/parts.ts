import {
  type ErrorCode,
  type ErrorView,
  errorTable,
  visible,
  type WorkerView,
} from "@exhibit/contracts";
import type { Ledger } from "../ledger.ts";

/** Returns whether what a ledger calls stored lies in a sandbox. */
export function isTrial({ deployment }: Ledger): boolean {
  return deployment.world === "trial";
}

/** What a row says of its error. */
export interface ErrorColumns {
  error_code: ErrorCode | null;
  error: string | null;
  error_at: Date | null;
  error_details: ErrorView["details"] | null;
}

/** Returns a row's error as people see it; null if it has none. */
export function errorOf({ error_code, error, error_at, error_details }: ErrorColumns) {
  if (error_code === null) return null;
  return {
    ...errorView(error_code, error ?? ""),
    ...(error_at !== null && { at: error_at.toISOString() }),
    ...(error_details !== null && { details: error_details }),
  };
}

/**
 * Returns an error as people see it. Recorded messages name files as they are, so unprintable
 * characters are made visible.
 */
export function errorView(code: ErrorCode, message: string): ErrorView {
  return { code, message: visible(message), remedy: errorTable[code].remedy };
}

/** The columns of a worker's facts, where a row has them. */
export interface WorkerColumns {
  host: string | null;
  os_user: string | null;
  version: string | null;
}

/** Returns a worker as people see it; null where it isn't known, or wasn't asked for. */
export function workerView({ host, os_user, version }: Partial<WorkerColumns>): WorkerView | null {
  if (!host || !os_user || !version) return null;
  return { host, os_user, version };
}

/**
 * Returns a time that a foreign clock told, as a timestamp; null if its year doesn't have the four
 * digits that ISO 8601 allows: file systems hold years before 0 and up to 30828 and beyond.
 */
export function timestampOf(time: number | Date): string | null {
  const date = new Date(time);
  const year = date.getUTCFullYear();
  return year >= 0 && year <= 9999 ? date.toISOString() : null;
}
