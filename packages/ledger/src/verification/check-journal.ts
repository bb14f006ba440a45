import { listField, readEntry } from "@exhibit/custody";
import type { Ledger } from "../ledger.ts";
import { readJournalLists } from "../sealing/journal.ts";
import type { RegisterFinding } from "./finding.ts";

/** Makes the lists of a journal anew, and compares them with what its text says. */
export async function checkJournal(
  ledger: Pick<Ledger, "db">,
  number: number,
  text: string,
): Promise<RegisterFinding[]> {
  const lists = await readJournalLists(ledger, number);
  if (lists === undefined) return [{ number, what: "what it commits to is missing" }];
  const fields = fieldsIn(text);
  // A text that isn't an entry's is a finding of its own.
  if (fields === undefined) return [];
  return (["acts", "stamps"] as const).flatMap((name) => {
    const expected = fields.get(name === "acts" ? "Acts" : "Stamps");
    const found = listField(lists[name]);
    const what = `the ${name} since the journal before`;
    return expected === found ? [] : [{ number, what, expected, found }];
  });
}

function fieldsIn(text: string): Map<string, string> | undefined {
  try {
    return new Map(readEntry(text).fields);
  } catch {
    return undefined;
  }
}
