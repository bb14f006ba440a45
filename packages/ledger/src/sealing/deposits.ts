import { type DepositView, ExhibitError } from "@exhibit/contracts";
import { sql, type Transaction } from "kysely";
import { type By, recordAuditEvent } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { storable } from "../sql/text.ts";
import { askedForDeposits, claim, nextDue, pauseAll, whoIsDue } from "./asking.ts";
import { isEntryWithin, noEntry } from "./entry-within.ts";

/** What is kept elsewhere of the register's entries. */
export interface DepositRules {
  /** The third parties that each entry's head is told to. */
  readonly thirdParties: readonly ThirdParty[];
  /**
   * Where an import's seal and lists are put, below the prefix of each of its folders: with `/` at its
   * end, and `{import_id}` for the import. Undefined: nowhere.
   */
  readonly key?: string | undefined;
  /** Vendors that open one object for each file of the evidence, and no other. @defaultValue none */
  readonly except?: readonly string[] | undefined;
}

/** How a third party is told. */
export type ThirdParty = "url" | "mail";

/** What is told to a third party. */
const HEAD = "head";
const SEAL = "seal";
const STAMP = "stamp ";

/** One thing that is kept elsewhere. */
export interface DepositRef {
  /** The entry's number in the register. */
  readonly entry: number;
  /** `url` and `mail` are third parties; of what is beside the evidence it is `vendor NAME`. */
  readonly receiver: string;
  /** The position of the folder beside whose evidence it is, from 1; 0 for a third party. */
  readonly folder: number;
  /** `head`, `seal`, or `stamp NAME`. */
  readonly part: string;
}

/** Puts down that third parties are to be told of an entry, in its transaction: nothing waits for them. */
export async function putDownHeads(
  tx: Transaction<LedgerSchema>,
  entry: number,
  thirdParties: readonly ThirdParty[],
): Promise<void> {
  if (thirdParties.length === 0) return;
  await tx
    .insertInto("deposits")
    .values(thirdParties.map((receiver) => ({ entry, receiver, part: HEAD })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/**
 * Puts down that an import's seal is to be kept beside its evidence, with the stamps that it has: once for
 * each vendor, in the place of the vendor's first folder that has one.
 */
export async function putDownBeside(
  tx: Transaction<LedgerSchema>,
  { entry, importId, rules }: { entry: number; importId: string; rules: DepositRules },
): Promise<void> {
  const { key, except = [] } = rules;
  if (key === undefined) return;
  const place = key.replaceAll("{import_id}", importId);
  await sql`
    insert into deposits (entry, receiver, folder, part, place)
    select ${entry}::bigint, 'vendor ' || vendor, min(position) + 1, ${SEAL}::text, ${place}::text
    from folders
    where import_id = ${importId} and prefix is not null and vendor <> all(${[...except]}::text[])
    group by vendor
    on conflict do nothing`.execute(tx);
  const { rows } = await sql<{ authority: string }>`
    select authority from stamps where entry = ${entry} and token is not null`.execute(tx);
  for (const { authority } of rows) await putDownStampDeposits(tx, { entry, authority });
}

/** Puts down that a stamp is to be kept wherever the seal is that it is of. */
export async function putDownStampDeposits(
  tx: Transaction<LedgerSchema>,
  { entry, authority }: { entry: number; authority: string },
): Promise<void> {
  await sql`
    insert into deposits (entry, receiver, folder, part, place)
    select entry, receiver, folder, ${STAMP + authority}::text, place
    from deposits where entry = ${entry} and part = ${SEAL}
    on conflict do nothing`.execute(tx);
}

/** Something that is to be kept elsewhere now. */
export interface ClaimedDeposit extends DepositRef {
  readonly place: string | null;
  /** How often it was tried, this time included. */
  readonly attempts: number;
  /** The entry's text, its digest, and the register's head after it, in hexadecimal digits. */
  readonly text: string;
  readonly digest: string;
  readonly head: string;
  readonly at: Date;
  /** Of a seal: the import, and the folder beside whose evidence it is to be kept. */
  readonly importId: string | null;
  readonly folderId: number | null;
}

/**
 * Takes what has been due the longest for one receiver, for one try: it is due again after `leaseMs`
 * milliseconds. Returns undefined when nothing is due.
 */
export async function claimDeposit(
  ledger: Ledger,
  receiver: string,
  leaseMs: number,
): Promise<ClaimedDeposit | undefined> {
  const columns = sql`entry, receiver, deposits.folder, part, place, attempts, register.text, register.at,
    encode(register.digest, 'hex') as digest, encode(register.head, 'hex') as head,
    register.import_id as "importId",
    (select id from folders where import_id = register.import_id and position = deposits.folder - 1) as "folderId"`;
  return await claim(ledger, askedForDeposits, receiver, { leaseMs, columns });
}

/** Records that something is kept elsewhere: in these objects, if it is beside the evidence. */
export async function recordDeposit(
  ledger: Ledger,
  of: DepositRef,
  keys?: readonly string[],
): Promise<void> {
  await ofPending(ledger, of)
    .set({
      state: "deposited",
      deposited_at: sql<Date>`now()`,
      keys: keys === undefined ? null : [...keys],
      error: null,
    })
    .execute();
}

/** Records that a receiver doesn't take something: a person has to see to it. */
export async function recordDepositRefusal(
  ledger: Ledger,
  of: DepositRef,
  error: string,
): Promise<void> {
  await ofPending(ledger, of)
    .set({ state: "refused", error: storable(error) })
    .execute();
}

/** Records that something is tried again after so many milliseconds. */
export async function pauseDeposit(
  ledger: Ledger,
  of: DepositRef,
  { pauseMs, error }: { pauseMs: number; error: string },
): Promise<void> {
  const next = sql<Date>`now() + ${pauseMs} * interval '1 millisecond'`;
  await ofPending(ledger, of)
    .set({ next_at: next, error: storable(error) })
    .execute();
}

/** Gives back something whose try was broken off before anything was known of it. */
export async function giveBackDeposit(ledger: Ledger, of: DepositRef): Promise<void> {
  await ofPending(ledger, of)
    .set({ attempts: sql<number>`attempts - 1`, next_at: sql<Date>`now()` })
    .execute();
}

function ofPending({ db }: Ledger, { entry, receiver, folder, part }: DepositRef) {
  return db
    .updateTable("deposits")
    .where("entry", "=", entry)
    .where("receiver", "=", receiver)
    .where("folder", "=", folder)
    .where("part", "=", part)
    .where("state", "=", "pending");
}

/** Records that a receiver can't be had: nothing is tried of it for so many milliseconds. */
export async function pauseReceiver(
  ledger: Ledger,
  receiver: string,
  pause: { pauseMs: number; error: string },
): Promise<void> {
  await pauseAll(ledger, askedForDeposits, receiver, pause);
}

/** Returns in how many milliseconds the next deposit of a receiver is due; undefined if none is pending. */
export async function nextDeposit(ledger: Ledger, receiver: string): Promise<number | undefined> {
  return await nextDue(ledger, askedForDeposits, receiver);
}

/** Returns the receivers for whom something is due. */
export async function receiversWithWork(ledger: Ledger): Promise<string[]> {
  return await whoIsDue(ledger, askedForDeposits);
}

/** How many deposits of a receiver aren't where they are to be. */
export interface OpenDeposits {
  readonly receiver: string;
  /** `refused` ones wait for a person. */
  readonly state: "pending" | "refused";
  readonly count: number;
}

/** Returns how many deposits aren't where they are to be, by receiver. */
export async function openDeposits({ db }: Ledger): Promise<OpenDeposits[]> {
  const { rows } = await sql<OpenDeposits>`
    select receiver, state, count(*)::integer as count from deposits
    where state <> 'deposited' group by receiver, state`.execute(db);
  return rows;
}

interface DepositRow extends DepositRef {
  state: DepositView["state"];
  deposited_at: Date | null;
  error: string | null;
}

/** Returns what is kept elsewhere of entries, by their numbers. */
export async function depositsOf(
  { db }: Pick<Ledger, "db">,
  entries: readonly number[],
): Promise<Map<number, DepositView[]>> {
  const { rows } = await sql<DepositRow>`
    select entry, receiver, folder, part, state, deposited_at, error from deposits
    where entry = any(${entries}::bigint[]) order by entry, folder, receiver, part`.execute(db);
  const views = rows.map(({ entry, receiver, folder, part, state, deposited_at, error }) => {
    const to = folder === 0 ? receiver : `folder ${folder}`;
    return { entry, view: { to, part, state, at: deposited_at?.toISOString() ?? null, error } };
  });
  const grouped = Map.groupBy(views, ({ entry }) => entry);
  return new Map([...grouped].map(([entry, all]) => [entry, all.map(({ view }) => view)]));
}

/**
 * Has an entry's deposits tried at once: again, where they wait or were refused, and for the first time
 * where `rules` came after the entry. Returns their receivers. Throws NOT_FOUND for an entry that isn't
 * there or is of an import outside the scope, and STATE_CONFLICT if nothing is left to be kept elsewhere.
 */
export async function retryDeposits(
  ledger: Ledger,
  { entry, rules }: { entry: number; rules: DepositRules },
  by: By,
): Promise<string[]> {
  return await ledger.db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ importId: string | null }>`
      select register.import_id as "importId"
      from register left join imports on imports.id = register.import_id
      where number = ${entry} and ${isEntryWithin(ledger)}`.execute(tx);
    const [found] = rows;
    if (found === undefined) throw noEntry(entry);
    await putDownHeads(tx, entry, rules.thirdParties);
    const { importId } = found;
    if (importId !== null) await putDownBeside(tx, { entry, importId, rules });
    const { rows: due } = await sql<{ receiver: string }>`
      update deposits set state = 'pending', attempts = 0, next_at = now(), error = null
      where entry = ${entry} and state <> 'deposited' returning receiver`.execute(tx);
    if (due.length === 0) {
      throw new ExhibitError(
        "STATE_CONFLICT",
        `Nothing of entry ${entry} is left to be kept elsewhere, as far as custody.deposit says.`,
      );
    }
    await recordAuditEvent(tx, { subject: `register/${entry}`, what: "deposit", by });
    return [...new Set(due.map(({ receiver }) => receiver))];
  });
}

/** The folders of an import that are of one vendor. */
export interface FoldersBeside {
  /** Their positions, from 1. */
  readonly positions: ReadonlySet<number>;
  /** Whether the import has no other folder. */
  readonly isAll: boolean;
}

/** Returns the folders of an import that are of the same vendor as one of them. */
export async function foldersBeside({ db }: Ledger, folderId: number): Promise<FoldersBeside> {
  const { rows } = await sql<{ position: number; isBeside: boolean }>`
    select every.position + 1 as position, every.vendor = one.vendor as "isBeside"
    from folders as one join folders as every on every.import_id = one.import_id
    where one.id = ${folderId}`.execute(db);
  const beside = rows.filter(({ isBeside }) => isBeside);
  return {
    positions: new Set(beside.map(({ position }) => position)),
    isAll: beside.length === rows.length,
  };
}
