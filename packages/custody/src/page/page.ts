import { readFile } from "node:fs/promises";

/** What goes with each seal, so that a stranger can check it: instructions, and a shell script. */
export const pageNames = ["READ-ME.txt", "prove.sh"] as const;
export type PageName = (typeof pageNames)[number];

/** Returns one of them as text. */
export async function readPage(name: PageName): Promise<string> {
  return await readFile(new URL(name, import.meta.url), "utf8");
}
