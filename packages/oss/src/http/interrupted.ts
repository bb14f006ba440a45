import { ExhibitError } from "@exhibit/contracts";

/**
 * Returns the error that ends the work of an aborted `signal`; its cause is the signal's reason.
 */
export function interrupted(signal: AbortSignal): ExhibitError {
  return new ExhibitError("INTERRUPTED", "The upload was stopped before it ended.", {
    cause: signal.reason,
  });
}
