import { ExhibitError } from "@exhibit/contracts";
import type { FolderRow } from "@exhibit/ledger";

/**
 * Returns the same error with the folder in its details, for whoever reads it in a log or an alert.
 */
export function folderError(
  error: ExhibitError,
  { id, import_id, vendor }: FolderRow,
): ExhibitError {
  return new ExhibitError(error.code, error.message, {
    cause: error.cause,
    details: { ...error.details, import_id, folder_id: id, vendor },
  });
}
