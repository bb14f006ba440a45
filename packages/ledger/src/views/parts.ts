import {
  type ErrorCode,
  type ErrorView,
  errorTable,
  visible,
  type WorkerView,
} from "@exhibit/contracts";
import type { Ledger } from "../ledger.ts";

/** Whether what a ledger calls stored lies in a sandbox. */
export function isTrial({ deployment }: Ledger): boolean {
  return deployment.world === "trial";
}

/** What was put on the record names files as they are. */
export function errorView(code: ErrorCode, message: string): ErrorView {
  return { code, message: visible(message), remedy: errorTable[code].remedy };
}

/** Of a worker's facts, where a row has some. */
export interface WorkerColumns {
  host: string | null;
  os_user: string | null;
  version: string | null;
}

export function workerView({ host, os_user, version }: WorkerColumns): WorkerView | null {
  if (host === null || os_user === null || version === null) return null;
  return { host, os_user, version };
}

/**
 * A time that somebody else's clock told, as a timestamp; null for one that ISO 8601 has no four digits for: file systems hold
 * years up to 30828 and beyond, and from before 0.
 */
export function timestampOf(time: number | Date): string | null {
  const date = new Date(time);
  const year = date.getUTCFullYear();
  return year >= 0 && year <= 9999 ? date.toISOString() : null;
}
