import { type ErrorCode, ExhibitError, errorTable, type ImportView } from "@exhibit/contracts";

/** The exit codes of the process. */
export const exitCodes = {
  /** Everything that was requested is done; an import is sealed. */
  done: 0,
  /**
   * The import isn't sealed (files failed, or it was cancelled), or there was a fault that isn't
   * the caller's.
   */
  failed: 1,
  /** The command line, the configuration or the request is wrong. */
  badUse: 2,
  /** The API, or a service that it needs, can't be reached. */
  unreachable: 3,
  /** Nothing that was checked is wrong, but not everything could be checked. */
  unread: 4,
} as const;

const unreachable: ReadonlySet<ErrorCode> = new Set([
  "SERVICE_UNREACHABLE",
  "VENDOR_UNAVAILABLE",
  "STORE_UNAVAILABLE",
]);

/** Returns the exit code for an error. */
export function exitCodeOf(error: ExhibitError): number {
  if (unreachable.has(error.code)) return exitCodes.unreachable;
  if (operatorsFaults.has(error.code) || isCallersFault(error.code)) return exitCodes.badUse;
  return exitCodes.failed;
}

/** Returns the exit code of a command that waited for an import. */
export function exitCodeOfImport(view: ImportView): number {
  return view.status === "sealed" ? exitCodes.done : exitCodes.failed;
}

/** Errors that stay until somebody changes the configuration or the servers. */
const operatorsFaults: ReadonlySet<ErrorCode> = new Set([
  "CONFIG_INVALID",
  "SERVICE_REFUSED",
  "SERVICE_UNFIT",
  "SCHEMA_OLD",
  "SCHEMA_NEW",
  "WORLD_MISMATCH",
]);

/** Whether our API reports a wrong request with this code. */
function isCallersFault(code: ErrorCode): boolean {
  // A vendor's or OSS's refusal doesn't mean that the command line is wrong.
  if (code.startsWith("VENDOR_") || code.startsWith("STORE_")) return false;
  const { status, action } = errorTable[code];
  return action === "never" && status >= 400 && status < 500;
}

/**
 * Makes the error for a command line that can't be carried out; its exit code is 2. A list is a
 * message of several lines.
 */
export function badUse(message: string | readonly string[]): ExhibitError {
  return new ExhibitError("REQUEST_INVALID", message);
}
