import { ExhibitError } from "@exhibit/contracts";
import type { HexDigest } from "../digest/digest.ts";
import { readEntry, writeEntry } from "./entry-text.ts";

/** What a seal says. Times are ISO 8601 in UTC with milliseconds. */
export interface Seal {
  register: string;
  /** Its place in the register, from 1. */
  number: number;
  headBefore: HexDigest;
  /** The import's id. */
  importId: string;
  outcome: "sealed" | "cancelled";
  /** The seal that this one adds to. */
  amends?: { number: number; digest: HexDigest } | undefined;
  createdAt: string;
  sealedAt: string;
  files: number;
  bytes: number;
  stored: number;
  identical: number;
  waived: number;
  skipped: number;
  /** How many lines `receipts.ndjson` has. */
  leaves: number;
  /** The root of its lines' tree. */
  root: HexDigest;
  rootSm3?: HexDigest | undefined;
  /** SHA-256 of `contents.txt`. */
  contents: HexDigest;
  contentsSm3?: HexDigest | undefined;
  /** The id of the key that signs it, or `none`. */
  key: HexDigest | "none";
  /** The program and its version. */
  madeBy: string;
}

/** How a member of a seal is written and read. */
interface Field {
  of: keyof Seal;
  name: string;
  form: RegExp;
  isNumber?: true;
  isOptional?: true;
}

const DIGEST = /^[0-9a-f]{64}$/;
const NUMBER = /^(0|[1-9]\d{0,15})$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const LINE = /^\S(.*\S)?$/;

/** The lines of a seal, in their order. */
const fields: readonly Field[] = [
  { of: "register", name: "Register", form: LINE },
  { of: "number", name: "Number", form: NUMBER, isNumber: true },
  { of: "headBefore", name: "Head before", form: DIGEST },
  { of: "importId", name: "Import", form: /^[0-9a-f-]{36}$/ },
  { of: "outcome", name: "Outcome", form: /^(sealed|cancelled)$/ },
  { of: "amends", name: "Amends", form: /^[1-9]\d{0,15} [0-9a-f]{64}$/, isOptional: true },
  { of: "createdAt", name: "Created at", form: MOMENT },
  { of: "sealedAt", name: "Sealed at", form: MOMENT },
  { of: "files", name: "Files", form: NUMBER, isNumber: true },
  { of: "bytes", name: "Bytes", form: NUMBER, isNumber: true },
  { of: "stored", name: "Stored", form: NUMBER, isNumber: true },
  { of: "identical", name: "Identical", form: NUMBER, isNumber: true },
  { of: "waived", name: "Waived", form: NUMBER, isNumber: true },
  { of: "skipped", name: "Skipped", form: NUMBER, isNumber: true },
  { of: "leaves", name: "Leaves", form: NUMBER, isNumber: true },
  { of: "root", name: "Root", form: DIGEST },
  { of: "rootSm3", name: "Root SM3", form: DIGEST, isOptional: true },
  { of: "contents", name: "Contents", form: DIGEST },
  { of: "contentsSm3", name: "Contents SM3", form: DIGEST, isOptional: true },
  { of: "key", name: "Key", form: /^([0-9a-f]{64}|none)$/ },
  { of: "madeBy", name: "Made by", form: LINE },
];

/** Returns a seal as its text: what is signed and stamped. */
export function writeSeal(seal: Seal): string {
  const written = fields.flatMap((field): [string, string][] => {
    const value = seal[field.of];
    return value === undefined ? [] : [[field.name, valueText(value)]];
  });
  return writeEntry({ kind: "seal", fields: written });
}

function valueText(value: NonNullable<Seal[keyof Seal]>): string {
  return typeof value === "object" ? `${value.number} ${value.digest}` : String(value);
}

/** Reads a seal's text. Throws SEAL_BROKEN for anything that `writeSeal` doesn't write. */
export function readSeal(text: string): Seal {
  const entry = readEntry(text);
  if (entry.kind !== "seal") throw broken(`it is a ${entry.kind}`);
  const rest = [...entry.fields];
  const seal: Record<string, unknown> = {};
  for (const field of fields) {
    const [name, value] = rest[0] ?? [];
    if (name !== field.name || value === undefined) {
      if (field.isOptional) continue;
      throw broken(`it lacks "${field.name}" where that has to stand`);
    }
    if (!field.form.test(value)) throw broken(`its "${name}" is ${JSON.stringify(value)}`);
    seal[field.of] = readValue(field, value);
    rest.shift();
  }
  if (rest[0]) throw broken(`it has "${rest[0][0]}", which doesn't belong there`);
  return seal as unknown as Seal;
}

function readValue(field: Field, value: string): unknown {
  if (field.of === "amends") {
    const [number = "", digest = ""] = value.split(" ");
    return { number: Number(number), digest };
  }
  return field.isNumber ? Number(value) : value;
}

function broken(what: string): ExhibitError {
  return new ExhibitError("SEAL_BROKEN", `This isn't a seal: ${what}.`);
}
