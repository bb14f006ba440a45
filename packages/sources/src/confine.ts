import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { ExhibitError } from "@exhibit/contracts";
import { isWithin } from "./roots.ts";

/**
 * Checks that no symbolic link lies on the way from `root` to `path`: a folder could have been swapped for one
 * since it was walked.
 *
 * @param root a real path
 * @throws {ExhibitError} SOURCE_OUTSIDE_ROOTS when the way leads out of the source, SOURCE_CHANGED when it stays
 *   inside; the file system's own errors as they come
 */
export async function confine(root: string, path: string): Promise<void> {
  const expected = join(root, path);
  const real = await realpath(expected);
  if (real === expected) return;
  const details = { path };
  if (isWithin(root, real)) {
    throw new ExhibitError("SOURCE_CHANGED", `${path} is now behind a symbolic link.`, { details });
  }
  throw new ExhibitError(
    "SOURCE_OUTSIDE_ROOTS",
    `${path} is now behind a symbolic link that leads out of the source.`,
    { details },
  );
}
