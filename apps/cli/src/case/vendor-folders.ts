import type { ExhibitError, FolderSelector } from "@exhibit/contracts";
import { type CaseFolders, registeredVendor, vendorNames } from "@exhibit/credentials";
import { badUse } from "../output/exit-codes.ts";

const vendorsWithCases = vendorNames.filter((name) => caseFoldersOf(name) !== undefined);

/** The roles of all vendors that open the folders of a case: what `--role` can name. */
export const caseRoles = [
  ...new Set(vendorsWithCases.flatMap((name) => caseFoldersOf(name)?.roles ?? [])),
];

/** Returns how a vendor names the folders of a case, if it opens those. */
export function caseFoldersOf(vendor: string): CaseFolders | undefined {
  return registeredVendor(vendor)?.caseFolders;
}

/**
 * Returns the vendor's folder that the options name, or else how the vendor names those of a case.
 * Throws REQUEST_INVALID (bad use) when the vendor needs more.
 */
export function namedFolder({
  vendor,
  role,
  selector,
}: {
  vendor: string;
  role: string | undefined;
  selector: FolderSelector | undefined;
}): { selector: FolderSelector } | { cases: CaseFolders } {
  if (role !== undefined && selector !== undefined) {
    throw badUse("--role and --folder both name the folder at the vendor: give one of them.");
  }
  if (selector !== undefined) return { selector };
  const cases = caseFoldersOf(vendor);
  if (cases === undefined) {
    throw role === undefined ? unnamedFolder(vendor) : roleWithoutCase(vendor);
  }
  return role === undefined ? { cases } : { selector: cases.role(role) };
}

/** Returns the error for `--role` with a vendor that has no roles. */
function roleWithoutCase(vendor: string): ExhibitError {
  const known = vendorsWithCases.join(" or ");
  return badUse(`--role is for ${known}; name ${vendor}'s folder by --folder key=value.`);
}

/** Returns the error for a vendor's folder that isn't named, with an example for this vendor. */
function unnamedFolder(vendor: string): ExhibitError {
  const example = registeredVendor(vendor)?.example;
  const options = Object.entries(example ?? {}).map(([key, value]) => `--folder ${key}=${value}`);
  const suchAs = options.length === 0 ? "" : `, such as ${options.join(" ")}`;
  return badUse(`Name ${vendor}'s folder by --folder key=value${suchAs}.`);
}
