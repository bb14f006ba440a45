import {
  digestOf,
  type EntryText,
  firstHead,
  isSignedBy,
  keyIdOf,
  nextHead,
  readEntry,
} from "@exhibit/custody";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { StampRoots } from "../sealing/stamps.ts";
import { checkJournal } from "./check-journal.ts";
import { checkStamps } from "./check-stamps.ts";
import type { RegisterFinding } from "./finding.ts";

export interface CheckedRegister {
  /** How many entries there are. */
  readonly entries: number;
  /** Of the chain; undefined if there are none. */
  readonly head: string | undefined;
  /** The entry behind which the head stands that was asked about; undefined for none. */
  readonly from: number | undefined;
  readonly findings: readonly RegisterFinding[];
}

interface RegisterQuestion {
  readonly only?: number;
  readonly from?: string | undefined;
  readonly roots?: StampRoots | undefined;
}

interface EntryRow {
  number: number;
  kind: string;
  import_id: string | null;
  at: Date;
  text: string | null;
  digest: Uint8Array;
  head: Uint8Array;
  key: string | null;
  signature: Uint8Array | null;
  countersignature: Uint8Array | null;
  contents: string | null;
  last_act: number | null;
  has_import: boolean;
  has_act: boolean;
  verification: Record<string, string> | null;
}

interface Key {
  pem: string;
  since: number;
  /** The first entry whose signature by it says nothing; null while it is trusted. */
  distrustedFrom: number | null;
}

/** Entries that are read at once. */
const PAGE = 200;

/**
 * Computes the chain of the register anew and compares what can be: digests, heads, signatures, keys,
 * stamps, and what the entries are of. `only` names the one entry whose text is read; of the others
 * there is the chain alone. `from` is a head that somebody kept.
 */
export async function checkRegister(
  ledger: Ledger,
  { only, from, roots = new Map() }: RegisterQuestion = {},
): Promise<CheckedRegister> {
  const name = await registerName(ledger);
  const keys = await readKeys(ledger);
  const findings: RegisterFinding[] = [];
  const found = new Set<string>();
  let head = firstHead(name);
  let [number, fromNumber] = [0, from === head ? 0 : undefined];
  for await (const row of withLists(ledger, readEntries(ledger, only), roots)) {
    for (let lost = number + 1; lost < row.number; lost += 1)
      if (lost - number < MAX_LOST) findings.push({ number: lost, what: "the entry is missing" });
    const digest = row.text === null ? hexOf(row.digest) : digestOf(row.text);
    findings.push(...checkChain(row, { before: head, digest }));
    if (row.text !== null) findings.push(...checkEntry(row, { name, head, keys, found }));
    findings.push(...row.ofLists);
    head = hexOf(row.head);
    number = row.number;
    if (head === from) fromNumber = number;
  }
  if (only === undefined) {
    for (const [id, { since }] of keys)
      if (!found.has(id)) findings.push({ number: since, what: `it doesn't put the key ${id} on` });
    findings.push(...(await lostSeals(ledger)));
  }
  if (from !== undefined && fromNumber === undefined)
    findings.push({
      number: 0,
      what: "the head that was kept is none of this register",
      expected: from,
    });
  return { entries: number, head: number === 0 ? undefined : head, from: fromNumber, findings };
}

/** Entries of one gap that are named. */
const MAX_LOST = 100;

async function registerName({ db, deployment }: Ledger): Promise<string> {
  const row = await db.selectFrom("deployment").select("register").executeTakeFirst();
  return row?.register ?? `exhibit/${deployment.id}`;
}

async function readKeys({ db }: Ledger): Promise<Map<string, Key>> {
  const rows = await db
    .selectFrom("seal_keys")
    .leftJoin("distrusted_keys", "distrusted_keys.key", "seal_keys.id")
    .select(["id", "public_pem", "since", "from_number"])
    .execute();
  return new Map(
    rows.map(({ id, public_pem: pem, since, from_number: distrustedFrom }) => [
      id,
      { pem, since, distrustedFrom },
    ]),
  );
}

/** Returns the rows of pages, each with what was found of its stamps, and of a journal's lists. */
async function* withLists(
  ledger: Ledger,
  pages: AsyncIterable<EntryRow[]>,
  roots: StampRoots,
): AsyncGenerator<EntryRow & { ofLists: RegisterFinding[] }> {
  for await (const rows of pages) {
    const read = rows.flatMap(({ number, text }) => (text === null ? [] : { number, text }));
    const findings = Map.groupBy(await checkStamps(ledger, read, roots), ({ number }) => number);
    for (const row of rows) {
      const isJournal = row.kind === "journal" && row.text !== null;
      const ofJournal = isJournal ? await checkJournal(ledger, row.number, row.text ?? "") : [];
      yield { ...row, ofLists: [...(findings.get(row.number) ?? []), ...ofJournal] };
    }
  }
}

async function* readEntries({ db }: Ledger, only: number | undefined): AsyncGenerator<EntryRow[]> {
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const { rows } = await sql<EntryRow>`
      select register.*, case when ${only ?? null}::bigint is null or register.number = ${only ?? null} then register.text end as text,
        exists (select from imports where id = register.import_id and sealed_number = register.number) as has_import,
        exists (select from acts where id = register.last_act and import_id = register.import_id and what = 'seal') as has_act,
        (select json_build_object('Import', import_id, 'Seal', seal_number || ' ' || encode(seal_digest, 'hex'), 'Against', against,
            'Checked', checked::text, 'Same', same::text, 'Differs', differs::text, 'Missing', missing::text,
            'Younger', younger::text, 'Extra', extra::text, 'Unreadable', unreadable::text,
            'Findings', encode(findings_digest, 'hex'))
          from verifications where entry = register.number) as verification
      from register where number > ${after} order by number limit ${PAGE}`.execute(db);
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.number;
  }
}

function checkChain(
  row: EntryRow,
  { before, digest }: { before: string; digest: string },
): RegisterFinding[] {
  const { number } = row;
  return [
    ...differing(number, "its digest", digest, hexOf(row.digest)),
    ...differing(number, "its head", nextHead(before, digest), hexOf(row.head)),
  ];
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

interface Context {
  name: string;
  /** Of the chain before the entry. */
  head: string;
  keys: ReadonlyMap<string, Key>;
  /** The keys that an entry has put on the register. */
  found: Set<string>;
}

function checkEntry(row: EntryRow, context: Context): RegisterFinding[] {
  const { number, text, key } = row;
  let entry: EntryText;
  try {
    entry = readEntry(text ?? "");
  } catch {
    return [{ number, what: "its text isn't that of an entry" }];
  }
  const fields = new Map(entry.fields);
  const said = (field: string, is: string) =>
    differing(number, `its "${field}"`, is, fields.get(field));
  return [
    ...differing(number, "its kind", entry.kind, row.kind),
    ...said("Register", context.name),
    ...said("Number", String(number)),
    ...said("Head before", context.head),
    ...said("Key", key ?? "none"),
    ...checkSignatures(row, fields, context),
    ...checkSubject(row, fields),
  ];
}

function checkSignatures(
  { number, kind, text, key, signature, countersignature }: EntryRow,
  fields: ReadonlyMap<string, string>,
  { keys, found }: Context,
): RegisterFinding[] {
  const findings: RegisterFinding[] = [];
  if (
    (key === null) !== (signature === null) ||
    (key && !isSigned(keys.get(key), key, text, signature))
  )
    findings.push({ number, what: "its signature" });
  if (key !== null && hasLost(keys.get(key), number))
    findings.push({ number, what: "it is signed by a key that isn't trusted any more" });
  const replaced = kind === "key" ? fields.get("Replaces") : "none";
  const old = replaced === undefined ? undefined : keys.get(replaced);
  // A key that isn't trusted any more vouches for none.
  const comesAlone = replaced === "none" || replaced === undefined || hasLost(old, number);
  const isVouched = comesAlone
    ? countersignature === null
    : isSigned(old, replaced, text, countersignature);
  if (!isVouched) findings.push({ number, what: "its countersignature" });
  const added = kind === "key" ? fields.get("New key") : undefined;
  if (added !== undefined) {
    if (keys.get(added)?.since === number) found.add(added);
    else findings.push({ number, what: `the key ${added}, which it puts on, is missing` });
  }
  return findings;
}

/** Returns whether a key's signature of an entry says nothing. */
function hasLost(key: Key | undefined, number: number): boolean {
  return key !== undefined && key.distrustedFrom !== null && key.distrustedFrom <= number;
}

function isSigned(
  key: Key | undefined,
  id: string,
  text: string | null,
  signature: Uint8Array | null,
): boolean {
  if (key === undefined || text === null || signature === null) return false;
  try {
    return keyIdOf(key.pem) === id && isSignedBy(key.pem, text, signature);
  } catch {
    return false;
  }
}

/** What an entry is of has to be in the ledger, and as the entry says. */
function checkSubject(row: EntryRow, fields: ReadonlyMap<string, string>): RegisterFinding[] {
  const { number, kind, contents } = row;
  if (kind === "verification") return checkVerification(row, fields);
  if (kind !== "seal") return [];
  const findings: RegisterFinding[] = [];
  if (row.import_id !== fields.get("Import") || !row.has_import)
    findings.push({ number, what: "the import that it seals is missing" });
  if (!row.has_act) findings.push({ number, what: "the act that sealed it" });
  return [
    ...findings,
    ...differing(
      number,
      "the digests of its lists",
      fields.get("Contents"),
      digestOf(contents ?? ""),
    ),
    ...differing(number, "its time", fields.get("Sealed at"), row.at.toISOString()),
  ];
}

function checkVerification(
  { number, at, verification }: EntryRow,
  fields: ReadonlyMap<string, string>,
): RegisterFinding[] {
  if (verification === null) return [{ number, what: "the verification that it is of is missing" }];
  return [
    ...Object.entries(verification).flatMap(([field, is]) =>
      differing(number, `"${field}" of its verification`, fields.get(field), is),
    ),
    ...differing(number, "its time", fields.get("Ended at"), at.toISOString()),
  ];
}

function differing(
  number: number,
  what: string,
  expected: string | undefined,
  found: string | undefined,
): RegisterFinding[] {
  return expected === found ? [] : [{ number, what, expected, found }];
}

/** Returns a finding for each import, journal and verification that says to be in the register, and isn't. */
async function lostSeals({ db }: Ledger): Promise<RegisterFinding[]> {
  const { rows } = await sql<{ number: number }>`
    select sealed_number as number from imports
    where sealed_number is not null and not exists (
      select from register where number = sealed_number and kind = 'seal' and register.import_id = imports.id)
    union all
    select number from journals
    where not exists (select from register where register.number = journals.number and kind = 'journal')
    union all
    select entry from verifications
    where entry is not null and not exists (select from register where number = entry and kind = 'verification')
    order by number limit ${MAX_LOST}`.execute(db);
  return rows.map(({ number }) => ({ number, what: "what the ledger says of it isn't there" }));
}
