import { setTimeout as sleep } from "node:timers/promises";
import { ExhibitError } from "@exhibit/contracts";
import { type Kysely, sql } from "kysely";
import { type Migration, type MigrationProvider, Migrator } from "kysely/migration";
import type { SchemaState } from "../ledger.ts";
import { firstMigrations, provide, SCHEMA_VERSION, steps } from "../migrations/index.ts";
import type { LedgerSchema } from "../schema.ts";
import { isLockTimeout } from "../sql/lock-timeout.ts";

const LIST = "schema_steps";
/** The list of migrations that has Kysely's default name. */
const FIRST_LIST = "kysely_migration";

export async function readSchema(db: Kysely<LedgerSchema>): Promise<SchemaState> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_class c
    where c.relname in ('schema_versions', ${FIRST_LIST}) and c.relkind = 'r' and pg_table_is_visible(c.oid)`.execute(
    db,
  );
  const tables = new Set(rows.map(({ name }) => name));
  if (tables.has("schema_versions")) {
    const state = await sql<SchemaState>`
      select version, oldest_program as "oldestProgram" from schema_versions order by version desc limit 1`.execute(
      db,
    );
    const [row] = state.rows;
    if (row) return row;
  }
  if (!tables.has(FIRST_LIST)) return { version: 0, oldestProgram: 0 };
  const first = await sql<{ version: number }>`
    select coalesce(max(left(name, 4)::integer), 0) as version from ${sql.table(FIRST_LIST)}`.execute(
    db,
  );
  const version = first.rows[0]?.version ?? 0;
  return { version, oldestProgram: version };
}

/** A number that nothing else of ours locks: folders are locked by their ids, which begin at 1. */
const LAYOUT_LOCK = -1;

/**
 * Returns the schema of a database, after creating the tables of an empty one. When several
 * processes start on it at once, one creates them and the others wait: half a schema looks like a
 * ledger of an earlier release.
 */
export async function readLaidOut(db: Kysely<LedgerSchema>): Promise<SchemaState> {
  const found = await readSchema(db);
  if (found.version >= SCHEMA_VERSION) return found;
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${LAYOUT_LOCK})`.execute(tx);
    if ((await readSchema(db)).version === 0) await migrate(db);
  });
  return await readSchema(db);
}

/** Throws SCHEMA_OLD or SCHEMA_NEW when this program can't work on a schema. */
export function checkSchema({ version, oldestProgram }: SchemaState): void {
  if (version < SCHEMA_VERSION) {
    throw new ExhibitError(
      "SCHEMA_OLD",
      `The ledger's schema is ${version}, and this Exhibit works on ${SCHEMA_VERSION}.`,
      { details: { version, wanted: SCHEMA_VERSION } },
    );
  }
  if (oldestProgram > SCHEMA_VERSION) {
    throw new ExhibitError(
      "SCHEMA_NEW",
      `The ledger's schema is ${version}, for programs from ${oldestProgram} on; this Exhibit knows ${SCHEMA_VERSION}.`,
      { details: { version, wanted: SCHEMA_VERSION } },
    );
  }
}

/** Returns the names of the steps that a database lacks, in their order. */
export function missingSteps({ version }: SchemaState): string[] {
  return Object.keys({ ...firstMigrations, ...steps }).filter(
    (name) => Number(name.slice(0, 4)) > version,
  );
}

export interface MigrateOptions {
  /**
   * Milliseconds between two tries while others hold a lock.
   * @defaultValue 1000
   */
  pauseMs?: number;
  /**
   * Is called after each try that found a lock held, with the number of tries so far and at most.
   */
  onWait?: (tries: number, most: number) => void;
}

const MAX_TRIES = 30;

/**
 * Creates or updates the schema for this program. A schema that is current, or newer and still fit
 * for this program, is left as it is. Other programs may be working meanwhile. Throws
 * STATE_CONFLICT while the database is being dumped or a table stays locked, and SCHEMA_NEW.
 */
export async function migrate(
  db: Kysely<LedgerSchema>,
  { pauseMs = 1000, onWait }: MigrateOptions = {},
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const state = await readSchema(db);
    if (state.version >= SCHEMA_VERSION) return checkSchema(state);
    if (state.version > 0) await checkNoDump(db);
    const error = await migrateOnce(db);
    if (error === undefined) return;
    if (!isLockTimeout(error)) throw error;
    if (tries === MAX_TRIES) {
      throw new ExhibitError(
        "STATE_CONFLICT",
        `A table of the ledger stayed locked by somebody else during ${tries} tries of two seconds each; nothing was changed. Find out who holds the lock (pg_stat_activity) and migrate again.`,
        { cause: error },
      );
    }
    onWait?.(tries, MAX_TRIES);
    await sleep(pauseMs);
  }
}

async function migrateOnce(db: Kysely<LedgerSchema>): Promise<unknown> {
  const first = new Migrator({ db, provider: provide(firstMigrations) });
  const rest = new Migrator({
    db,
    provider: await tolerant(db, steps),
    migrationTableName: LIST,
    migrationLockTableName: `${LIST}_lock`,
  });
  return (await first.migrateToLatest()).error ?? (await rest.migrateToLatest()).error;
}

/**
 * Returns the known steps and stubs for those that only a newer program knows: Kysely would fail on
 * them.
 */
async function tolerant(
  db: Kysely<LedgerSchema>,
  known: Record<string, Migration>,
): Promise<MigrationProvider> {
  const { rows } = await sql<{
    there: boolean;
  }>`select to_regclass(${LIST}) is not null as there`.execute(db);
  if (rows[0]?.there !== true) return provide(known);
  const made = await sql<{ name: string }>`select name from ${sql.table(LIST)}`.execute(db);
  const stubs = made.rows
    .filter(({ name }) => !Object.hasOwn(known, name))
    .map(({ name }) => [name, { up: () => Promise.resolve() }]);
  return provide({ ...known, ...Object.fromEntries(stubs) });
}

/**
 * Throws STATE_CONFLICT while pg_dump runs. A dump locks every table until it ends, and a step that
 * waited for it would make everybody else wait.
 */
async function checkNoDump(db: Kysely<LedgerSchema>): Promise<void> {
  const { rows } = await sql`
    select from pg_stat_activity where application_name = 'pg_dump' and datname = current_database()`.execute(
    db,
  );
  if (rows.length === 0) return;
  throw new ExhibitError(
    "STATE_CONFLICT",
    "The ledger is being dumped by pg_dump; migrate after that has ended.",
  );
}
