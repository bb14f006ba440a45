import { ExhibitError } from "@exhibit/contracts";
import type { FolderRow } from "@exhibit/ledger";

/** The same error, for those who meet it without knowing of which folder it is: in a log, in an alert. */
export function ofFolder(error: ExhibitError, { id, import_id, vendor }: FolderRow): ExhibitError {
  return new ExhibitError(error.code, error.message, {
    cause: error.cause,
    details: { ...error.details, import_id, folder_id: id, vendor },
  });
}
