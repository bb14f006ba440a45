import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { entriesBelow } from "../bag/payload.ts";
import { digestOf, type HexDigest } from "../digest/digest.ts";
import { readEntry } from "../register/entry-text.ts";
import { stampLine } from "../register/journal-text.ts";
import { isSignedBy, keyIdOf } from "../register/signing.ts";
import { bytesOf, type ListedEntry, type SealOfBag, textOf } from "./check-seal.ts";
import { type Authorities, checkStamps, type StampOfBag } from "./check-stamps.ts";
import type { Report } from "./finding.ts";

/** An entry of the register that a bag has besides the seal, in a folder of its own. */
export interface EntryOfBag {
  readonly kind: "key" | "verification" | "journal";
  readonly number: number;
  /** Below the bag's folder. */
  readonly folder: string;
  readonly text: string;
}

/** A verification of the seal's import, as the register has it. */
export interface VerificationOfBag {
  readonly number: number;
  readonly endedAt: string;
  readonly against: string;
  readonly checked: number;
  readonly same: number;
  readonly stamps: readonly StampOfBag[];
}

/** A journal of the register that says more of when the seal was there. */
export interface JournalOfBag {
  readonly number: number;
  readonly writtenAt: string;
  /** The seal's stamps that it commits to, by their authorities. */
  readonly commitsTo: readonly string[];
  readonly stamps: readonly StampOfBag[];
}

/** What the entries besides the seal say. */
export interface EntriesFound {
  /** The first one first. */
  readonly verifications: readonly VerificationOfBag[];
  readonly journal: JournalOfBag | undefined;
}

const ENTRY = /^(seal\/(key|verification)s\/([1-9]\d{0,14}))\/(key|verification)\.txt$/;

const JOURNAL = "seal/journal";

/** Reads the entries of keys and verifications, and the journal, that a bag has. */
export async function readEntries(bag: string): Promise<EntryOfBag[]> {
  const entries: EntryOfBag[] = [];
  for (const below of ["seal/keys", "seal/verifications"]) {
    for await (const { path, isFile } of entriesBelow(bag, below)) {
      const [, folder, kind, number, file] = ENTRY.exec(path) ?? [];
      if (!isFile || folder === undefined || kind !== file) continue;
      const text = await readFile(join(bag, path), "utf8");
      entries.push({ kind: kind as EntryOfBag["kind"], number: Number(number), folder, text });
    }
  }
  const text = await readFile(join(bag, JOURNAL, "journal.txt"), "utf8").catch(() => undefined);
  if (text !== undefined) {
    const number = Number(/^Number: (\d{1,15})$/m.exec(text)?.[1] ?? 0);
    entries.push({ kind: "journal", number, folder: JOURNAL, text });
  }
  return entries.sort((one, other) => one.number - other.number);
}

interface CheckOfEntries {
  /** The entries by their numbers in the register. */
  readonly listed: ReadonlyMap<number, ListedEntry>;
  /** The digests of the bag's files. */
  readonly digests: ReadonlyMap<string, HexDigest>;
  readonly authorities: Authorities;
  readonly report: Report;
}

/**
 * Checks that entries are those of the register, and signed by keys that it has; that keys were vouched
 * for by those that they replace, where that is said; that verifications are of the seal, and found what
 * they say; and that a journal is behind the seal. Returns what they say.
 */
export async function checkEntries(
  bag: string,
  sealed: SealOfBag,
  { entries, ...to }: CheckOfEntries & { entries: readonly EntryOfBag[] },
): Promise<EntriesFound> {
  const { report } = to;
  const keys = new Map<string, string>();
  const verifications: VerificationOfBag[] = [];
  let journal: JournalOfBag | undefined;
  for (const entry of entries) {
    const fields = fieldsOf(entry, to);
    if (fields === undefined) continue;
    const key = await checkSigned(bag, entry, fields, report);
    if (entry.kind === "journal")
      journal = await checkJournal(bag, sealed, { entry, fields, ...to });
    else if (entry.kind === "verification")
      verifications.push(await checkVerification(bag, sealed, { entry, fields, ...to }));
    else if (key !== undefined) {
      keys.set(fields.get("New key") ?? "", key);
      await checkOld(bag, entry, { fields, keys, report });
    }
    const signer = fields.get("Key") ?? "none";
    if (signer !== "none" && keys.size > 0 && !keys.has(signer))
      report({
        where: whereOf(entry),
        what: `is signed by ${signer}, which isn't among seal/keys`,
      });
  }
  if (sealed.seal.key !== "none" && keys.size > 0 && !keys.has(sealed.seal.key))
    report({ where: "seal/keys", what: "has no entry that puts the seal's key on the register" });
  return { verifications, journal };
}

type Fields = ReadonlyMap<string, string>;

function whereOf({ folder, kind }: EntryOfBag): string {
  return `${folder}/${kind}.txt`;
}

/** Reads an entry that has to be the register's; undefined if it isn't. */
function fieldsOf(
  entry: EntryOfBag,
  { listed, report }: Pick<CheckOfEntries, "listed" | "report">,
): Fields | undefined {
  const where = whereOf(entry);
  const { kind, number, text } = entry;
  const there = listed.get(number);
  if (there?.digest !== digestOf(text)) {
    report({ where, what: `isn't entry ${number} of seal/register.txt` });
    return undefined;
  }
  try {
    const read = readEntry(text);
    const fields = new Map(read.fields);
    // What is behind the seal is tied to it by this alone.
    if (fields.get("Head before") !== there.headBefore)
      report({ where, what: "isn't behind the entries of seal/register.txt that are before it" });
    if (read.kind === kind) return fields;
    report({ where, what: `is the entry of a ${read.kind}` });
  } catch (thrown) {
    report({ where, what: `can't be read: ${(thrown as Error).message}` });
  }
  return undefined;
}

/** Checks an entry's signature. Returns the key that made it, in PEM; undefined if it isn't signed by its key. */
async function checkSigned(
  bag: string,
  { folder, kind, text }: EntryOfBag,
  fields: Fields,
  report: Report,
): Promise<string | undefined> {
  const id = fields.get("Key");
  if (id === "none") return undefined;
  const key = await textOf(bag, `${folder}/key.pem`, report);
  const signature = await bytesOf(bag, `${folder}/${kind}.sig`, report);
  if (key === undefined || signature === undefined) return undefined;
  try {
    if (keyIdOf(key) === id && isSignedBy(key, text, signature)) return key;
  } catch {
    // What isn't a key has signed nothing.
  }
  report({ where: `${folder}/${kind}.sig`, what: "isn't the signature of the key that it names" });
  return undefined;
}

/** Checks the signature of the key that another one replaces. */
async function checkOld(
  bag: string,
  { folder, text }: EntryOfBag,
  { fields, keys, report }: { fields: Fields; keys: ReadonlyMap<string, string>; report: Report },
): Promise<void> {
  const where = `${folder}/old.sig`;
  const signature = await readFile(join(bag, where)).catch(() => undefined);
  if (signature === undefined) return;
  const old = keys.get(fields.get("Replaces") ?? "");
  if (old === undefined || !isSignedBy(old, text, signature))
    report({ where, what: "isn't the signature of the key that was replaced" });
}

async function checkJournal(
  bag: string,
  { seal }: SealOfBag,
  { entry, fields, digests, authorities, report }: CheckOfOne,
): Promise<JournalOfBag> {
  const { folder, number, text } = entry;
  if (number < seal.number)
    report({ where: whereOf(entry), what: "is before the seal, and can't commit to it" });
  const where = `${folder}/stamps.txt`;
  if (digests.get(where) !== fields.get("Stamps")?.split(" ")[1])
    report({ where, what: "isn't the list of stamps that the journal commits to" });
  const listed = (await textOf(bag, where, report))?.split("\n") ?? [];
  const commitsTo: string[] = [];
  for (const [path, digest] of digests) {
    const authority = /^seal\/stamps\/([^/]+)\.tsr$/.exec(path)?.[1];
    if (
      authority !== undefined &&
      listed.includes(stampLine({ entry: seal.number, authority, digest }))
    )
      commitsTo.push(authority);
  }
  return {
    ...{ number, commitsTo },
    writtenAt: fields.get("Written at") ?? "",
    stamps: await checkStamps({ bag, folder: `${folder}/stamps`, text }, { authorities, report }),
  };
}

/** What one entry is checked with, once it is known to be the register's. */
type CheckOfOne = Omit<CheckOfEntries, "listed"> & { entry: EntryOfBag; fields: Fields };

async function checkVerification(
  bag: string,
  { seal, text }: SealOfBag,
  { entry, fields, digests, authorities, report }: CheckOfOne,
): Promise<VerificationOfBag> {
  const where = whereOf(entry);
  const { folder, number } = entry;
  const isOfSeal =
    fields.get("Import") === seal.importId &&
    fields.get("Seal") === `${seal.number} ${digestOf(text)}`;
  if (!isOfSeal) report({ where, what: "is of another seal" });
  const findings = `${folder}/findings.ndjson`;
  if (digests.get(findings) !== fields.get("Findings"))
    report({ where: findings, what: "isn't what the verification found" });
  const stamped = { bag, folder: `${folder}/stamps`, text: entry.text };
  return {
    number,
    endedAt: fields.get("Ended at") ?? "",
    against: fields.get("Against") ?? "",
    checked: Number(fields.get("Checked")),
    same: Number(fields.get("Same")),
    stamps: await checkStamps(stamped, { authorities, report }),
  };
}
