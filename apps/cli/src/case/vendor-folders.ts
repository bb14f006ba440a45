import type { ExhibitError } from "@exhibit/contracts";
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

/** Returns the error for `--role` with a vendor that has no roles. */
export function roleWithoutCase(vendor: string): ExhibitError {
  const known = vendorsWithCases.join(" or ");
  return badUse(`--role is for ${known}; name ${vendor}'s folder by --folder key=value.`);
}

/** Returns the error for a vendor's folder that isn't named, with an example for this vendor. */
export function unnamedFolder(vendor: string): ExhibitError {
  const example = registeredVendor(vendor)?.example;
  const options = Object.entries(example ?? {}).map(([key, value]) => `--folder ${key}=${value}`);
  const suchAs = options.length === 0 ? "" : `, such as ${options.join(" ")}`;
  return badUse(`Name ${vendor}'s folder by --folder key=value${suchAs}.`);
}
