import { journalOf, journalStamps, type Ledger, type SignedEntry } from "@exhibit/ledger";
import { partsOfStamp, readStampPart, stampsOfEntry } from "./stamp-parts.ts";

/** Files of a seal's folder by their names in it, as texts, bytes, or lines that are read as they are taken. */
export type Files = Record<string, string | Uint8Array | AsyncIterable<string>>;

/** Returns the files of an entry of the register, which has a folder of its own: its text, and who signed it. */
export function entryFiles(
  kind: "key" | "verification" | "journal",
  at: string,
  { text, publicPem, signature, countersignature }: SignedEntry,
): Files {
  return {
    [`${at}/${kind}.txt`]: text,
    ...(signature && publicPem !== null
      ? { [`${at}/${kind}.sig`]: signature, [`${at}/key.pem`]: publicPem }
      : {}),
    ...(countersignature && { [`${at}/old.sig`]: countersignature }),
  };
}

/** Returns the stamps that an entry has, with the certificates that they were checked against. */
export async function stampFiles(ledger: Ledger, entry: number, below = ""): Promise<Files> {
  const files: Files = {};
  for (const part of (await stampsOfEntry(ledger, entry)).flatMap(partsOfStamp))
    files[`${below}${part}`] = await readStampPart(ledger, entry, part);
  return files;
}

/** The journal that says more of when a seal was there, with its files. */
export interface JournalFiles {
  /** Its number in the register. */
  readonly number: number;
  readonly files: Files;
}

/**
 * Returns the files of the journal that says more of when a seal was there: it is stamped in the seal's
 * place, or commits to the seal's own stamps. Undefined for none.
 */
export async function journalFiles(
  ledger: Ledger,
  seal: number,
): Promise<JournalFiles | undefined> {
  const journal = await journalOf(ledger, seal);
  if (journal === undefined) return undefined;
  const { number } = journal;
  return {
    number,
    files: {
      ...entryFiles("journal", "journal", journal),
      "journal/stamps.txt": ended(journalStamps(ledger, number)),
      ...(await stampFiles(ledger, number, "journal/")),
    },
  };
}

/** Returns lines with their ends. */
export async function* ended(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
