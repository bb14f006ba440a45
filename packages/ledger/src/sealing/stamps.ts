import { ExhibitError, type StampView } from "@exhibit/contracts";
import { digestOf } from "@exhibit/custody";
import { sql, type Transaction } from "kysely";
import { type By, recordAuditEvent } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { storable } from "../sql/text.ts";
import { askedForStamps, claim, nextDue, pauseAll, whoIsDue } from "./asking.ts";
import { putDownStampDeposits } from "./deposits.ts";
import { isEntryWithin, noEntry } from "./entry-within.ts";

/** One authority's stamp of one entry. */
export interface StampRef {
  /** The entry's number in the register. */
  readonly entry: number;
  readonly authority: string;
}

/** What the certificates of the authorities that are configured have to lead to, in PEM, by their names. */
export type StampRoots = ReadonlyMap<string, string>;

/** Puts down that an entry is to be stamped, in its transaction: nothing waits for an authority. */
export async function putDownStamps(
  tx: Transaction<LedgerSchema>,
  entry: number,
  authorities: readonly string[],
): Promise<void> {
  if (authorities.length === 0) return;
  const rows = authorities.map((authority) => ({ entry, authority }));
  await tx.insertInto("stamps").values(rows).execute();
}

/** A stamp that is to be asked for now. */
export interface ClaimedStamp extends StampRef {
  /** The entry's text. */
  readonly text: string;
  /** How often it was asked for, this time included. */
  readonly attempts: number;
}

/**
 * Takes the stamp of an authority that has been due the longest, for one try: it is due again after
 * `leaseMs` milliseconds. Returns undefined when none is due.
 */
export async function claimStamp(
  ledger: Ledger,
  authority: string,
  leaseMs: number,
): Promise<ClaimedStamp | undefined> {
  const columns = sql`entry, authority, attempts, register.text`;
  return await claim(ledger, askedForStamps, authority, { leaseMs, columns });
}

/** A stamp that was given: the authority's whole answer, and what it says. */
export interface GivenStamp {
  readonly token: Uint8Array;
  /** Undefined for a token that can't be checked here. */
  readonly checked?: {
    readonly at: Date;
    /** Its number at the authority, in hexadecimal digits. */
    readonly serial: string;
    /** The certificates that it was checked against, in PEM. */
    readonly ca: string;
  };
}

/** Records a stamp. Whoever comes second changes nothing. */
export async function recordStamp(
  { db }: Ledger,
  { entry, authority }: StampRef,
  { token, checked }: GivenStamp,
): Promise<void> {
  const root = checked && { id: digestOf(checked.ca), pem: checked.ca };
  await db.transaction().execute(async (tx) => {
    if (root) {
      await tx
        .insertInto("stamp_roots")
        .values(root)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    const { numUpdatedRows } = await tx
      .updateTable("stamps")
      .set({
        state: checked ? "granted" : "unchecked",
        token: Buffer.from(token),
        stamped_at: checked?.at ?? null,
        serial: checked?.serial ?? null,
        root: root?.id ?? null,
        error: null,
      })
      .where("entry", "=", entry)
      .where("authority", "=", authority)
      .where("state", "=", "pending")
      .executeTakeFirst();
    if (numUpdatedRows > 0n) await putDownStampDeposits(tx, { entry, authority });
  });
}

/** Records that an authority doesn't want to give a stamp, or gave one that isn't in order: a person has to see to it. */
export async function recordStampRefusal(
  { db }: Ledger,
  { entry, authority }: StampRef,
  { state, error }: { state: "refused" | "invalid"; error: string },
): Promise<void> {
  await db
    .updateTable("stamps")
    .set({ state, error: storable(error) })
    .where("entry", "=", entry)
    .where("authority", "=", authority)
    .where("state", "=", "pending")
    .execute();
}

/**
 * Records that an authority can't be had: nothing is asked of it for so many milliseconds, whichever
 * entry it is for.
 */
export async function pauseAuthority(
  ledger: Ledger,
  authority: string,
  pause: { pauseMs: number; error: string },
): Promise<void> {
  await pauseAll(ledger, askedForStamps, authority, pause);
}

/** Gives back a stamp whose try was broken off before anything was known of it. */
export async function giveBackStamp({ db }: Ledger, { entry, authority }: StampRef): Promise<void> {
  await sql`
    update stamps set attempts = attempts - 1, next_at = now()
    where entry = ${entry} and authority = ${authority} and state = 'pending'`.execute(db);
}

/** Returns in how many milliseconds the next stamp of an authority is due; undefined if none is pending. */
export async function nextStamp(ledger: Ledger, authority: string): Promise<number | undefined> {
  return await nextDue(ledger, askedForStamps, authority);
}

/** Returns the authorities of which a stamp is due. */
export async function authoritiesWithWork(ledger: Ledger): Promise<string[]> {
  return await whoIsDue(ledger, askedForStamps);
}

/** How many stamps of an authority are pending. */
export interface PendingStamps {
  readonly authority: string;
  readonly pending: number;
  /** Seconds since the oldest of their entries was written. */
  readonly oldest: number;
}

/** Returns how many stamps are pending, by authority. */
export async function pendingStamps({ db }: Ledger): Promise<PendingStamps[]> {
  const { rows } = await sql<PendingStamps>`
    select authority, count(*)::integer as pending, extract(epoch from now() - min(register.at))::float8 as oldest
    from stamps join register on register.number = stamps.entry
    where state = 'pending' group by authority`.execute(db);
  return rows;
}

interface StampRow extends StampRef {
  state: StampView["state"];
  stamped_at: Date | null;
  error: string | null;
}

/** Returns the stamps of entries, by their numbers. */
export async function stampsOf(
  { db }: Pick<Ledger, "db">,
  entries: readonly number[],
): Promise<Map<number, StampView[]>> {
  const { rows } = await sql<StampRow>`
    select entry, authority, state, stamped_at, error from stamps
    where entry = any(${entries}::bigint[]) order by entry, authority`.execute(db);
  const found = new Map<number, StampView[]>();
  for (const { entry, authority, state, stamped_at, error } of rows) {
    const view = { authority, state, at: stamped_at?.toISOString() ?? null, error };
    found.set(entry, [...(found.get(entry) ?? []), view]);
  }
  return found;
}

/** Returns the answer of an authority over an entry, and the certificates that it was checked against; undefined for none. */
export async function readStamp(
  { db }: Pick<Ledger, "db">,
  { entry, authority }: StampRef,
): Promise<{ token: Uint8Array; ca: string | null } | undefined> {
  const { rows } = await sql<{ token: Uint8Array; ca: string | null }>`
    select token, stamp_roots.pem as ca from stamps left join stamp_roots on stamp_roots.id = stamps.root
    where entry = ${entry} and authority = ${authority} and token is not null`.execute(db);
  return rows[0];
}

/**
 * Has an authority asked for a stamp at once: again, or for the first time, if it was configured after
 * the entry was written. Throws NOT_FOUND for an entry that isn't there or is of an import outside the
 * scope, and for an authority that isn't among those configured, and STATE_CONFLICT for one that it has stamped.
 */
export async function retryStamp(
  ledger: Ledger,
  { entry, authority, authorities }: StampRef & { readonly authorities: readonly string[] },
  by: By,
): Promise<void> {
  await ledger.db.transaction().execute(async (tx) => {
    const { rows } = await sql`
      select from register left join imports on imports.id = register.import_id
      where number = ${entry} and ${isEntryWithin(ledger)}`.execute(tx);
    if (rows.length === 0) throw noEntry(entry);
    if (!authorities.includes(authority)) {
      const name = JSON.stringify(authority);
      throw new ExhibitError("NOT_FOUND", `custody.stamps has no authority ${name}.`);
    }
    const { rows: changed } = await sql`
      insert into stamps (entry, authority) values (${entry}, ${authority})
      on conflict (entry, authority) do update set state = 'pending', attempts = 0, next_at = now(), error = null
        where stamps.token is null
      returning entry`.execute(tx);
    if (changed.length === 0) {
      throw new ExhibitError("STATE_CONFLICT", `${authority} has stamped entry ${entry} already.`);
    }
    await recordAuditEvent(tx, {
      ...{ subject: `register/${entry}`, what: "stamp", by, details: { authority } },
    });
  });
}
