import { ExhibitError } from "@exhibit/contracts/errors";
import { isWithin } from "./within.ts";

/**
 * Checks that no symbolic link lies on the way to `where`: a folder could have been swapped for one
 * since it was walked.
 *
 * @param real what the path `where` leads to now
 * @param where an absolute path that was real when it was walked
 * @param bounds real paths; what is read has to lie below one of them
 * @param path what the message names
 * @throws {ExhibitError} SOURCE_OUTSIDE_ROOTS when the way leads out of the bounds, SOURCE_CHANGED
 * when it stays inside
 */
export function checkUnmoved(
  real: string,
  where: string,
  bounds: readonly string[],
  path: string,
): void {
  if (real === where) return;
  const details = { path };
  if (bounds.some((bound) => isWithin(bound, real))) {
    throw new ExhibitError("SOURCE_CHANGED", `${path} is now behind a symbolic link.`, { details });
  }
  throw new ExhibitError(
    "SOURCE_OUTSIDE_ROOTS",
    `${path} is now behind a symbolic link that leads out of the source.`,
    { details },
  );
}
