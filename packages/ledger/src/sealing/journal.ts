import { randomBytes } from "node:crypto";
import { ExhibitError } from "@exhibit/contracts";
import {
  canonicalJson,
  digestOf,
  type JournalList,
  type JsonValue,
  ListDigest,
  saltsOf,
  stampLine,
  writeJournal,
} from "@exhibit/custody";
import { sql, type Transaction } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { isLockTimeout } from "../sql/lock-timeout.ts";
import { agreeOnKey, lockRegister, type Sealer, writeEntry } from "./register.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** A register in which nothing happens gets a journal after so many days: its stamps are covered by a newer one then. */
const IDLE_DAYS = 365;

/** After so long without a worker that has the register's key, a journal is written without a signature. */
const KEY_WAIT_MS = HOUR_MS;

/** How long acts are waited for whose transactions haven't ended, milliseconds; others wait meanwhile. */
const ACTS_WAIT_MS = 500;

type Queries = Pick<Ledger, "db">;

/**
 * Writes a journal into the register if it is time for one: an hour after the last where entries are
 * stamped by the hour, else a day, if anything has happened since; a year after the last entry in any
 * case. Returns its number; undefined if it isn't time, or can't be done right now.
 */
export async function keepJournal(ledger: Ledger, sealer: Sealer): Promise<number | undefined> {
  const due = await findDue(ledger, sealer);
  if (due === undefined) return undefined;
  const lastAct = await lastActOf(ledger);
  if (lastAct === undefined) return undefined;
  const secret = randomBytes(32);
  const of = { before: due.last, lastAct, secret };
  const acts = await digestOfLines(journalActs(ledger, of));
  const write = (by: Sealer) =>
    ledger.db.transaction().execute((tx) => writeOne(tx, by, { ...of, acts }));
  try {
    return await write(sealer);
  } catch (thrown) {
    const isElsewhere = thrown instanceof ExhibitError && thrown.code === "SEAL_KEY_MISMATCH";
    if (!isElsewhere) throw thrown;
    if (due.forMs < KEY_WAIT_MS) return undefined;
    return await write({ ...sealer, signer: undefined, isUnsigned: true });
  }
}

/** The journal before one that is due: its number and last act; zeros for none. */
interface LastJournal {
  readonly number: number;
  readonly lastAct: number;
}

async function findDue(
  { db }: Ledger,
  { stampsHourly = false }: Sealer,
): Promise<{ last: LastJournal; forMs: number } | undefined> {
  const everyMs = stampsHourly ? HOUR_MS : DAY_MS;
  const { rows } = await sql<{
    number: number;
    lastAct: number;
    sinceJournal: number;
    sinceEntry: number;
    hasNew: boolean;
  }>`
    with last as (
      select coalesce(max(number), 0) as number, coalesce(max(last_act), 0) as last_act from journals
    )
    select last.number, last.last_act as "lastAct",
      ${millisecondsSince(sql`(select at from register where number = greatest(last.number, 1))`)} as "sinceJournal",
      ${millisecondsSince(sql`(select at from register order by number desc limit 1)`)} as "sinceEntry",
      exists (select from acts where id > last.last_act)
        or exists (select from register where number > last.number) as "hasNew"
    from last where exists (select from register)`.execute(db);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { number, lastAct, sinceJournal, sinceEntry, hasNew } = row;
  const overdue = hasNew ? sinceJournal - everyMs : sinceEntry - IDLE_DAYS * DAY_MS;
  return overdue < 0 ? undefined : { last: { number, lastAct }, forMs: overdue };
}

function millisecondsSince(time: ReturnType<typeof sql>) {
  return sql<number>`(extract(epoch from now() - ${time}) * 1000)::float8`;
}

/**
 * Returns the last act of all that will ever have a number up to its own: a transaction that is still
 * open may add one with a smaller number than some that can be seen. Undefined if one takes long.
 */
async function lastActOf({ db }: Ledger): Promise<number | undefined> {
  try {
    return await db.transaction().execute(async (tx) => {
      await sql`set local lock_timeout = ${sql.lit(`${ACTS_WAIT_MS}ms`)}`.execute(tx);
      await sql`lock table acts in share mode`.execute(tx);
      const { rows } = await sql<{
        id: number;
      }>`select coalesce(max(id), 0) as id from acts`.execute(tx);
      return rows[0]?.id ?? 0;
    });
  } catch (thrown) {
    if (isLockTimeout(thrown)) return undefined;
    throw thrown;
  }
}

interface JournalOf {
  readonly before: LastJournal;
  readonly lastAct: number;
  /** The random bytes that its salts are made of. */
  readonly secret: Uint8Array;
}

async function writeOne(
  tx: Transaction<LedgerSchema>,
  sealer: Sealer,
  { before, lastAct, secret, acts }: JournalOf & { acts: JournalList },
): Promise<number | undefined> {
  const locked = await lockRegister(tx, sealer);
  const { rows } = await sql`select from journals where number > ${before.number}`.execute(tx);
  // Another worker was first.
  if (rows.length > 0) return undefined;
  const open = await agreeOnKey(tx, locked, sealer);
  const { number } = open;
  const { rows: at } = await sql<{ at: Date }>`select now() as at`.execute(tx);
  const stamps = await digestOfLines(newStamps({ db: tx }));
  const text = writeJournal({
    ...open,
    writtenAt: (at[0]?.at ?? new Date()).toISOString(),
    acts,
    stamps,
    key: sealer.signer?.id ?? "none",
    madeBy: sealer.madeBy,
  });
  const signature = sealer.signer === undefined ? null : await sealer.signer.sign(text);
  await writeEntry(tx, open, {
    kind: "journal",
    text,
    key: sealer.signer?.id ?? null,
    signature,
  });
  await tx
    .insertInto("journals")
    .values({ number, last_act: lastAct, secret: Buffer.from(secret) })
    .execute();
  await sql`
    insert into journal_stamps (entry, authority, journal)
    select entry, authority, ${number} from stamps where ${isNew}`.execute(tx);
  return number;
}

/** A condition: a stamp was given, and no journal has it. */
const isNew = sql<boolean>`token is not null and not exists (
  select from journal_stamps where journal_stamps.entry = stamps.entry and journal_stamps.authority = stamps.authority)`;

async function digestOfLines(lines: AsyncIterable<string>): Promise<JournalList> {
  const list = new ListDigest();
  let count = 0;
  for await (const line of lines) {
    list.add(line);
    count += 1;
  }
  return { count, digest: list.end() };
}

/** Rows are read by so many. */
const PAGE = 1_000;

interface ActRow {
  id: number;
  at: Date;
  who: string;
  what: string;
  why: string | null;
  import_id: string | null;
  vendor: string | null;
  subject: string | null;
  folder_id: number | null;
  file_id: number | null;
  code: string | null;
  files: number | null;
  details: Record<string, JsonValue> | null;
}

/** Yields the lines of a journal's acts, without their ends: canonical JSON, in the order of the acts. */
async function* journalActs(
  { db }: Queries,
  { before, lastAct, secret }: JournalOf,
): AsyncGenerator<string> {
  const salt = saltsOf(secret);
  for (let after = before.lastAct; ; ) {
    const { rows } = await sql<ActRow>`
      select * from acts where id > ${after} and id <= ${lastAct} order by id limit ${PAGE}`.execute(
      db,
    );
    for (const { id, at, who, what, ...of } of rows) {
      yield canonicalJson({
        ...{ act_id: id, at: at.toISOString(), who, what },
        why: of.why ?? undefined,
        import_id: of.import_id ?? undefined,
        vendor: of.vendor ?? undefined,
        subject: of.subject ?? undefined,
        folder_id: of.folder_id ?? undefined,
        file_id: of.file_id ?? undefined,
        code: of.code ?? undefined,
        files: of.files ?? undefined,
        details: of.details ?? undefined,
        salt: salt(`act ${id}`),
      });
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.id;
  }
}

interface GivenRow {
  entry: number;
  authority: string;
  token: Uint8Array | null;
}

/** Yields the lines of the stamps that no journal has yet. */
async function* newStamps({ db }: Queries): AsyncGenerator<string> {
  yield* linesOf((after) =>
    sql<GivenRow>`
      select entry, authority, token from stamps where (entry, authority) > (${after.entry}, ${after.authority}) and ${isNew}
      order by entry, authority limit ${PAGE}`.execute(db),
  );
}

/** Yields the lines of the stamps that a journal commits to, without their ends. */
export async function* journalStamps({ db }: Queries, journal: number): AsyncGenerator<string> {
  yield* linesOf((after) =>
    sql<GivenRow>`
      select journal_stamps.entry, journal_stamps.authority, stamps.token
      from journal_stamps left join stamps
        on stamps.entry = journal_stamps.entry and stamps.authority = journal_stamps.authority
      where journal = ${journal} and (journal_stamps.entry, journal_stamps.authority) > (${after.entry}, ${after.authority})
      order by journal_stamps.entry, journal_stamps.authority limit ${PAGE}`.execute(db),
  );
}

async function* linesOf(
  page: (after: { entry: number; authority: string }) => Promise<{ rows: GivenRow[] }>,
): AsyncGenerator<string> {
  for (let after = { entry: 0, authority: "" }; ; ) {
    const { rows } = await page(after);
    for (const { entry, authority, token } of rows) {
      // One that is gone has no digest: the list isn't what it was.
      if (token !== null) yield stampLine({ entry, authority, digest: digestOf(token) });
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last;
  }
}

/** What a journal's lists are now, as its text would say it. */
export interface JournalLists {
  readonly acts: JournalList;
  readonly stamps: JournalList;
}

/** Makes the lists of a journal anew. Returns undefined if the ledger doesn't know of it. */
export async function readJournalLists(
  ledger: Queries,
  number: number,
): Promise<JournalLists | undefined> {
  const { rows } = await sql<{ last_act: number; secret: Uint8Array; before: number }>`
    select last_act, secret,
      (select coalesce(max(before.last_act), 0) from journals as before where before.number < journals.number) as before
    from journals where number = ${number}`.execute(ledger.db);
  const [row] = rows;
  if (row === undefined) return undefined;
  const of = {
    before: { number: 0, lastAct: row.before },
    lastAct: row.last_act,
    secret: row.secret,
  };
  return {
    acts: await digestOfLines(journalActs(ledger, of)),
    stamps: await digestOfLines(journalStamps(ledger, number)),
  };
}
