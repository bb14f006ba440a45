import { ExhibitError } from "@exhibit/contracts";

/** A text of the register: its first line says what it is, and each other is `Name: value`. */
export interface EntryText {
  /** What the first line has between `Exhibit ` and ` 1`. */
  kind: EntryKind;
  fields: readonly (readonly [name: string, value: string])[];
}

const entryKinds = ["seal", "key", "verification", "journal"] as const;
type EntryKind = (typeof entryKinds)[number];

const FIRST_LINE = /^Exhibit ([a-z]+) 1$/;
const FIELD = /^([A-Z][A-Za-z0-9 ]*): ([^\n\r]*)$/;

/** Returns an entry as its text, which ends with LF. Throws if a value has an end of line. */
export function writeEntry({ kind, fields }: EntryText): string {
  const lines = fields.map(([name, value]) => {
    const line = `${name}: ${value}`;
    if (!FIELD.test(line)) throw new RangeError(`an entry can't have ${JSON.stringify(line)}`);
    return line;
  });
  return `${[`Exhibit ${kind} 1`, ...lines].join("\n")}\n`;
}

/** Reads an entry's text. Throws SEAL_BROKEN for anything that `writeEntry` doesn't write. */
export function readEntry(text: string): EntryText {
  const [first = "", ...lines] = text.split("\n");
  const kind = FIRST_LINE.exec(first)?.[1];
  if (!isEntryKind(kind)) throw broken(`It begins with ${JSON.stringify(first.slice(0, 80))}`);
  if (lines.pop() !== "") throw broken("Its last line has no end");
  const fields = lines.map((line) => {
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw broken(`It has the line ${JSON.stringify(line.slice(0, 80))}`);
    return [name, value] as const;
  });
  if (new Set(fields.map(([name]) => name)).size < fields.length)
    throw broken("It has a name twice");
  return { kind, fields };
}

function isEntryKind(kind: string | undefined): kind is EntryKind {
  return entryKinds.some((known) => known === kind);
}

function broken(what: string): ExhibitError {
  return new ExhibitError("SEAL_BROKEN", `This isn't an entry of a register: ${what}.`);
}
