import { journalStamps, type Ledger, type SignedEntry } from "@exhibit/ledger";
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

/** Returns the files of a journal but its stamps; its list of stamps isn't read before somebody takes it. */
export function journalTexts(ledger: Ledger, journal: SignedEntry): Files {
  return {
    ...entryFiles("journal", "journal", journal),
    "journal/stamps.txt": ended(journalStamps(ledger, journal.number)),
  };
}

/** Returns all files of a journal. */
export async function journalFiles(ledger: Ledger, journal: SignedEntry): Promise<Files> {
  return {
    ...journalTexts(ledger, journal),
    ...(await stampFiles(ledger, journal.number, "journal/")),
  };
}

/** Returns the names of all files of a journal, without reading any. */
export async function journalNames(ledger: Ledger, journal: SignedEntry): Promise<string[]> {
  const stamps = (await stampsOfEntry(ledger, journal.number)).flatMap(partsOfStamp);
  return [
    ...Object.keys(journalTexts(ledger, journal)),
    ...stamps.map((part) => `journal/${part}`),
  ];
}

/** Returns lines with their ends. */
export async function* ended(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
