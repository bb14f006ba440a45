import type { ErrorView, ExhibitError } from "@exhibit/contracts";
import { remedyOf } from "./remedies.ts";

/** Returns an error in the API's form: what happened and what to do. */
export function errorViewOf(error: ExhibitError): ErrorView {
  return { code: error.code, message: error.message, remedy: remedyOf(error.code) };
}

/**
 * Returns an error for people. The message of REQUEST_INVALID already says what is wrong with the
 * request, so the table's remedy isn't repeated for it.
 */
export function errorLines(error: ExhibitError): string[] {
  if (error.code === "REQUEST_INVALID") return error.message.split("\n");
  return [...`${error.message} [${error.code}]`.split("\n"), remedyOf(error.code)];
}
