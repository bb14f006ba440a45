import { isAbsolute, relative, sep } from "node:path";

/** Returns whether `path` is `folder` or lies below it; both absolute and without `..`. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
