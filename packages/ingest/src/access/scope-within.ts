import { isAbsolute, normalize, relative, sep } from "node:path";
import { ExhibitError, type Scope } from "@exhibit/contracts";

/** Returns whether a scope lets nobody do anything that another one doesn't. */
export function isWithin(inner: Scope, outer: Scope): boolean {
  return (
    isPartOf(inner.entrust_ids, outer.entrust_ids, (one, other) => one === other) &&
    isPartOf(inner.vendors, outer.vendors, (one, other) => one === other) &&
    isPartOf(inner.roots, outer.roots, isBelow)
  );
}

type Limit = Scope[keyof Scope];

function isPartOf(
  inner: Limit,
  outer: Limit,
  covers: (one: string, other: string) => boolean,
): boolean {
  if (outer === "all") return true;
  return inner !== "all" && inner.every((one) => outer.some((other) => covers(one, other)));
}

/** Returns whether a folder is another one, or lies below it. */
function isBelow(folder: string, above: string): boolean {
  const way = relative(above, folder);
  return way === "" || !(way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way));
}

/**
 * Throws REQUEST_INVALID for a root that isn't a whole path: where `..` leads would depend on what is
 * on the disk.
 */
export function checkRoots({ roots }: Scope): void {
  if (roots === "all") return;
  for (const root of roots) {
    const plain = root.length > 1 && root.endsWith(sep) ? root.slice(0, -1) : root;
    if (isAbsolute(root) && normalize(plain) === plain) continue;
    throw new ExhibitError(
      "REQUEST_INVALID",
      `scope.roots: ${root} isn't a whole path: it must begin at the root folder, without "." and "..".`,
    );
  }
}
