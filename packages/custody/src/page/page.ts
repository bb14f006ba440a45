import { readFile } from "node:fs/promises";

/** What goes with each seal, so that a stranger can check it: instructions, and two scripts. */
export const pageNames = ["READ-ME.txt", "prove.sh", "root.py"] as const;
export type PageName = (typeof pageNames)[number];

/** What the instructions are for: a seal alone, a bag of all files, or one that shows some of them. */
export type PageOf = "seal" | "bag" | "shown";

const instructions: Readonly<Record<PageOf, string>> = {
  seal: "READ-ME.txt",
  bag: "READ-ME-bag.txt",
  shown: "READ-ME-shown.txt",
};

/** Returns one of them as text. */
export async function readPage(name: PageName, of: PageOf = "seal"): Promise<string> {
  const file = name === "READ-ME.txt" ? instructions[of] : name;
  return await readFile(new URL(file, import.meta.url), "utf8");
}
