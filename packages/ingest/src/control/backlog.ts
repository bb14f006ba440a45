import { ExhibitError, type ImportRequest } from "@exhibit/contracts";
import { foldersToWalk, type Ledger } from "@exhibit/ledger";

/** Folders of one principal that may wait to be walked at once: two requests of the largest kind. */
const MAX_FOLDERS_TO_WALK = 20_000;
/** Milliseconds that whoever has too many is asked to wait: some hundred folders are walked by then. */
const RETRY_AFTER = 30_000;

/**
 * Checks that somebody doesn't hand in work faster than it is taken up: each folder is a row and a job.
 * Throws RATE_LIMITED for a request with which too many folders would wait. One that is to start later
 * has no jobs yet.
 */
export async function checkBacklog(
  ledger: Ledger,
  { folders, start_at }: ImportRequest,
  who: string,
): Promise<void> {
  if (start_at !== undefined) return;
  const [principal = who] = who.split(" for ");
  const waiting = await foldersToWalk(ledger, principal);
  if (waiting + folders.length <= MAX_FOLDERS_TO_WALK) return;
  throw new ExhibitError(
    "RATE_LIMITED",
    `${waiting} folders that you handed in wait to be walked, and with these ${folders.length} it would be more than ${MAX_FOLDERS_TO_WALK}.`,
    { retryAfter: RETRY_AFTER },
  );
}
