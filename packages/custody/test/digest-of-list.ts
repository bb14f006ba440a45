import { ListDigest } from "../src/index.ts";

/** Returns the digest of a list that has these lines. */
export function digestOfList(lines: readonly string[]): string {
  const list = new ListDigest();
  for (const line of lines) list.add(line);
  return list.end();
}
