import {
  ExhibitError,
  type RegisterEntry,
  type RegisterText,
  type SealKeyView,
} from "@exhibit/contracts";
import { digestLine, ListDigest, type ListName } from "@exhibit/custody";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { all } from "../sql/conditions.ts";
import { cursor, type Page, type PageQuery, pageOf } from "../views/paging.ts";
import { checkImport } from "../work/check-import.ts";
import { depositsOf } from "./deposits.ts";
import { distrustView } from "./distrust.ts";
import { noEntry } from "./entry-within.ts";
import { listLines, type SealBounds } from "./lists.ts";
import type { SealedImport } from "./receipts.ts";
import { stampsOf } from "./stamps.ts";

/** An import's seal, as the register has it. */
export interface SealRecord extends SealBounds {
  readonly sealed: SealedImport;
  readonly number: number;
  readonly at: Date;
  readonly text: string;
  /** SHA-256 of the text, in hexadecimal digits. */
  readonly digest: string;
  /** `contents.txt`: the digests of its lists. */
  readonly contents: string;
  /** The public key in PEM and what it signed; null for a seal without a signature. */
  readonly signed: {
    readonly key: string;
    readonly publicPem: string;
    readonly signature: Uint8Array;
    /** Set if that key isn't trusted for it. */
    readonly distrusted: SealKeyView["distrusted"];
  } | null;
}

interface SealRow {
  number: number;
  at: Date;
  text: string;
  digest: Buffer;
  contents: string;
  key: string | null;
  signature: Uint8Array | null;
  public_pem: string | null;
  distrusted_from: number | null;
  distrusted_at: Date | null;
  distrusted_by: string | null;
  distrusted_why: string | null;
  secret: Uint8Array;
  last_act: number;
  last_incident: number;
  workers: number[];
}

/** Returns an import's seal; undefined if it has none yet. Throws NOT_FOUND if there is no such import. */
export async function findSeal(ledger: Ledger, importId: string): Promise<SealRecord | undefined> {
  await checkImport(ledger, importId);
  const { rows } = await sql<SealRow>`
    select register.*, seal_keys.public_pem, imports.custody_secret as secret,
      distrust.from_number as distrusted_from, distrust.at as distrusted_at,
      distrust.who as distrusted_by, distrust.why as distrusted_why
    from register join imports on imports.id = register.import_id
      left join seal_keys on seal_keys.id = register.key
      left join distrusted_keys as distrust
        on distrust.key = register.key and distrust.from_number <= register.number
    where register.import_id = ${importId} and register.kind = 'seal'`.execute(ledger.db);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { number, at, text, digest, contents, key, signature, public_pem } = row;
  const distrusted = distrustView({
    from_number: row.distrusted_from,
    at: row.distrusted_at,
    who: row.distrusted_by,
    why: row.distrusted_why,
  });
  return {
    sealed: { id: importId, secret: row.secret },
    number,
    at,
    text,
    digest: Buffer.from(digest).toString("hex"),
    contents,
    signed:
      key === null || signature === null || public_pem === null
        ? null
        : { key, publicPem: public_pem, signature, distrusted },
    lastAct: row.last_act,
    lastIncident: row.last_incident,
    workers: row.workers,
  };
}

/** Does the same, and throws STATE_CONFLICT if it has none yet, SEAL_BROKEN if it isn't there any more. */
export async function readSealOf(ledger: Ledger, importId: string): Promise<SealRecord> {
  const found = await findSeal(ledger, importId);
  if (found) return found;
  const row = await ledger.db
    .selectFrom("imports")
    .select("sealed_number")
    .where("id", "=", importId)
    .executeTakeFirst();
  if (row?.sealed_number) {
    throw new ExhibitError(
      "SEAL_BROKEN",
      `Import ${importId} was sealed as entry ${row.sealed_number} of the register, which isn't its seal.`,
    );
  }
  throw new ExhibitError(
    "STATE_CONFLICT",
    `Import ${importId} has no seal yet: it gets one when everything in it is stored or waived, or a quarter of an hour after it was cancelled.`,
  );
}

/**
 * Returns the lines of one of a seal's lists, each with its end. Throws SEAL_BROKEN behind the last one
 * if they aren't what was sealed.
 */
export async function* sealedList(
  ledger: Ledger,
  seal: SealRecord,
  name: ListName,
): AsyncGenerator<string> {
  const list = new ListDigest();
  for await (const line of listLines(ledger, seal.sealed, seal, name)) {
    list.add(line);
    yield `${line}\n`;
  }
  if (seal.contents.split("\n").includes(digestLine(list.end(), name))) return;
  throw new ExhibitError(
    "SEAL_BROKEN",
    `The ledger's ${name} of import ${seal.sealed.id} isn't what was sealed.`,
  );
}

/**
 * Returns `register.txt` up to an entry: a line with the number and the digest of each. It tells nothing
 * of what they are about.
 */
export async function* registerLines({ db }: Ledger, until: number): AsyncGenerator<string> {
  for (let after = 0; after < until; after += REGISTER_PAGE) {
    const rows = await db
      .selectFrom("register")
      .select(["number", "digest"])
      .where("number", ">", after)
      .where("number", "<=", Math.min(until, after + REGISTER_PAGE))
      .orderBy("number")
      .execute();
    for (const { number, digest } of rows)
      yield `${number} ${Buffer.from(digest).toString("hex")}\n`;
  }
}

/** Entries that are read at once. */
const REGISTER_PAGE = 1_000;

interface EntryRow {
  number: number;
  kind: RegisterEntry["kind"];
  at: Date;
  text: string;
  digest: Buffer;
  head: Buffer;
  key: string | null;
  import_id: string | null;
}

/** Lists the entries of the register, from the first. What concerns imports of others isn't named. */
export async function listRegister(
  ledger: Ledger,
  query: PageQuery & { unstamped?: boolean | undefined; undeposited?: boolean | undefined },
): Promise<Page<RegisterEntry>> {
  const after = query.after === undefined ? 0 : Number(cursor(query.after, /^\d{1,15}$/));
  const { unstamped = false, undeposited = false } = query;
  const isShown = all([unstamped && isUnstamped, undeposited && isUndeposited]);
  const { rows } = await sql<EntryRow>`
    select register.number, register.kind, register.at, register.digest, register.head, register.key, imports.id as import_id
    from register left join imports on imports.id = register.import_id and ${isWithin(ledger)}
    where register.number > ${after} and ${isShown}
    order by register.number limit ${query.limit + 1}`.execute(ledger.db);
  const { items, next } = pageOf(rows, query.limit, (row) => String(row.number));
  const outside = await outsideOf(
    ledger,
    items.map(({ number }) => number),
  );
  return { items: items.map((row) => entryOf(row, shownOf(row, outside(row.number)))), next };
}

/** Returns what others say of entries and keep of them, by their numbers. */
async function outsideOf(
  ledger: Ledger,
  numbers: readonly number[],
): Promise<(number: number) => Outside> {
  const [stamps, deposits] = [await stampsOf(ledger, numbers), await depositsOf(ledger, numbers)];
  return (number) => ({ stamps: stamps.get(number) ?? [], deposits: deposits.get(number) ?? [] });
}

type Outside = Pick<RegisterEntry, "stamps" | "deposits">;

/** Errors of deposits name places of an import; so those of one outside the scope aren't shown. */
function shownOf({ kind, import_id }: EntryRow, outside: Outside): Outside {
  return kind === "seal" && import_id === null ? { ...outside, deposits: [] } : outside;
}

/** A condition: a stamp is pending, or waits for a person. */
const isUnstamped = sql<boolean>`exists (
  select from stamps where entry = register.number and state in ('pending', 'refused', 'invalid'))`;

/** A condition: something is to be kept elsewhere, and isn't yet. */
const isUndeposited = sql<boolean>`exists (
  select from deposits where entry = register.number and state <> 'deposited')`;

/** Returns an entry with its text. Throws NOT_FOUND, also for one of an import outside the scope. */
export async function readEntryOf(ledger: Ledger, number: number): Promise<RegisterText> {
  const { rows } = await sql<EntryRow>`
    select register.number, register.kind, register.at, register.text, register.digest, register.head, register.key, imports.id as import_id
    from register left join verifications on verifications.entry = register.number
      left join imports on imports.id = coalesce(register.import_id, verifications.import_id) and ${isWithin(ledger)}
    where register.number = ${number} and (register.kind not in ('seal', 'verification') or imports.id is not null)`.execute(
    ledger.db,
  );
  const [row] = rows;
  if (row === undefined) throw noEntry(number);
  const outside = await outsideOf(ledger, [number]);
  return { ...entryOf(row, outside(number)), text: row.text };
}

function entryOf(row: EntryRow, outside: Outside): RegisterEntry {
  const { number, kind, import_id, at, digest, head, key } = row;
  return {
    ...{ number, kind, import_id, key, ...outside },
    at: at.toISOString(),
    digest: Buffer.from(digest).toString("hex"),
    head: Buffer.from(head).toString("hex"),
  };
}
