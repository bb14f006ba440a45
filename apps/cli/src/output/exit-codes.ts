import { type ErrorCode, ExhibitError, errorTable, type ImportView } from "@exhibit/contracts";

/** What the process ends with. */
export const exitCodes = {
  /** Everything asked for is done; for an import: it is sealed. */
  done: 0,
  /** The import isn't sealed (files failed, or it was cancelled), or a fault that isn't the caller's. */
  failed: 1,
  /** The command line, the configuration or the request can't be carried out as it is. */
  badUse: 2,
  /** The API, or what it needs, can't be reached. */
  unreachable: 3,
} as const;

const unreachable: ReadonlySet<ErrorCode> = new Set([
  "SERVICE_UNREACHABLE",
  "VENDOR_UNAVAILABLE",
  "STORE_UNAVAILABLE",
]);

/** The exit code that fits an error. */
export function exitCodeOf(error: ExhibitError): number {
  if (unreachable.has(error.code)) return exitCodes.unreachable;
  if (operatorsFaults.has(error.code) || isCallersFault(error.code)) return exitCodes.badUse;
  return exitCodes.failed;
}

/** Returns the exit code of a command that waited for an import. */
export function exitCodeOfImport(view: ImportView): number {
  return view.status === "sealed" ? exitCodes.done : exitCodes.failed;
}

/** Trying again with the same configuration and the same servers doesn't help. */
const operatorsFaults: ReadonlySet<ErrorCode> = new Set([
  "CONFIG_INVALID",
  "SERVICE_REFUSED",
  "SERVICE_UNFIT",
  "SCHEMA_OLD",
  "SCHEMA_NEW",
  "WORLD_MISMATCH",
]);

/** The codes that our API answers a wrong request with. */
function isCallersFault(code: ErrorCode): boolean {
  // A vendor's or OSS's refusal is an answer to a good command line.
  if (code.startsWith("VENDOR_") || code.startsWith("STORE_")) return false;
  const { status, action } = errorTable[code];
  return action === "never" && status >= 400 && status < 500;
}

/** A command line that can't be carried out: exit code 2. */
export function badUse(message: string): ExhibitError {
  return new ExhibitError("REQUEST_INVALID", message);
}
