import type { HexDigest } from "../digest/digest.ts";
import { writeEntry } from "./entry-text.ts";

/** What puts a key on a register: its first entry, or a later key in place of the one before. */
export interface KeyEntry {
  register: string;
  number: number;
  headBefore: HexDigest;
  newKey: HexDigest;
  replaces: HexDigest | "none";
  why: string;
  by: string;
  madeBy: string;
}

/** Returns the entry's text. The new key signs it, and so does the one that it replaces, if it is there. */
export function writeKeyEntry(entry: KeyEntry): string {
  return writeEntry({
    kind: "key",
    fields: [
      ["Register", entry.register],
      ["Number", String(entry.number)],
      ["Head before", entry.headBefore],
      ["New key", entry.newKey],
      ["Replaces", entry.replaces],
      ["Why", entry.why],
      ["By", entry.by],
      ["Key", entry.newKey],
      ["Made by", entry.madeBy],
    ],
  });
}
