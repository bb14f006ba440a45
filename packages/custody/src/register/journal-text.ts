import type { HexDigest } from "../digest/digest.ts";
import { writeEntry } from "./entry-text.ts";

/** How many lines a list of a journal has, and their SHA-256, each line with LF. */
export interface JournalList {
  count: number;
  digest: HexDigest;
}

/**
 * What has happened since the last journal: what people did, to whatever import, vendor or key, and the
 * time stamps that were given.
 */
export interface JournalEntry {
  register: string;
  number: number;
  headBefore: HexDigest;
  /** ISO 8601 in UTC with milliseconds. */
  writtenAt: string;
  acts: JournalList;
  stamps: JournalList;
  /** The id of the key that signs it, or `none`. */
  key: HexDigest | "none";
  madeBy: string;
}

/** Returns the entry's text: what is signed and stamped. It names no case. */
export function writeJournal(entry: JournalEntry): string {
  return writeEntry({
    kind: "journal",
    fields: [
      ["Register", entry.register],
      ["Number", String(entry.number)],
      ["Head before", entry.headBefore],
      ["Written at", entry.writtenAt],
      ["Acts", listField(entry.acts)],
      ["Stamps", listField(entry.stamps)],
      ["Key", entry.key],
      ["Made by", entry.madeBy],
    ],
  });
}

/** Returns what a journal's text says of one of its lists. */
export function listField({ count, digest }: JournalList): string {
  return `${count} ${digest}`;
}

/** Returns a stamp's line of a journal, without its end: the entry, the authority, and the SHA-256 of its answer. */
export function stampLine({
  entry,
  authority,
  digest,
}: {
  entry: number;
  authority: string;
  digest: HexDigest;
}): string {
  return `${entry} ${authority} ${digest}`;
}
