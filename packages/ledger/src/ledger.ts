import type { PGlite } from "@electric-sql/pglite";
import { ExhibitError } from "@exhibit/contracts";
import { Kysely, PGliteDialect, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { keepByteOrderMarks } from "./byte-order-marks.ts";
import { type Deployment, deploymentOf } from "./deployment.ts";
import { ensureDatabase } from "./empty-database.ts";
import {
  checkSchema,
  type MigrateOptions,
  migrate,
  missingSteps,
  readSchema,
  type SchemaState,
} from "./migrating.ts";
import { unreachable, withNamedOutages } from "./outage.ts";
import type { LedgerSchema } from "./schema.ts";

const INT8 = 20;

/** The database that knows every import, folder, shard and file: the truth. */
export interface Ledger {
  readonly db: Kysely<LedgerSchema>;
  /** Of the database, when it was opened. */
  readonly schema: SchemaState;
  /** Whose it is, as it was when it was opened. */
  readonly deployment: Deployment;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens PGlite for a ledger (and for the embedded engine beside it) in a folder.
 * One process at a time: PGlite has no server that could be shared.
 */
export async function openPglite(dataDir: string): Promise<PGlite> {
  // Not loaded where Postgres is a server; where it is, while the database is unpacked.
  const [{ PGlite }] = await Promise.all([import("@electric-sql/pglite"), ensureDatabase(dataDir)]);
  const pglite = await PGlite.create(dataDir, {
    parsers: { [INT8]: Number },
    // Postgres's default of 128 MB is for a server; here the pages are in the system's cache anyway.
    postgresqlconf: ["shared_buffers = 16MB"],
  });
  return keepByteOrderMarks(pglite);
}

/** A ledger in the process, its schema made or brought up to date; `pglite` is closed by its owner, not by the ledger. */
export async function openEmbeddedLedger(pglite: PGlite): Promise<Ledger> {
  const db = connectPglite(pglite);
  await migrate(db);
  const schema = await readSchema(db);
  const deployment = await deploymentOf({ db });
  return { db, schema, deployment, ping: () => ping(db), close: () => Promise.resolve() };
}

/** A database in the process, whatever is in it. */
export function connectPglite(pglite: PGlite): Kysely<LedgerSchema> {
  return new Kysely<LedgerSchema>({ dialect: new PGliteDialect({ pglite }) });
}

/**
 * A ledger on a Postgres server. An empty database gets its tables; one that has a ledger is left as it is: throws SCHEMA_OLD
 * or SCHEMA_NEW when this program can't work on it. Throws SERVICE_UNREACHABLE when it doesn't answer, now and whenever it is used.
 */
export async function openPostgresLedger(databaseUrl: string): Promise<Ledger> {
  const db = connectPostgres(databaseUrl);
  try {
    if ((await readSchema(db)).version === 0) await migrate(db);
    const schema = await readSchema(db);
    checkSchema(schema);
    const deployment = await deploymentOf({ db });
    return { db, schema, deployment, ping: () => ping(db), close: () => db.destroy() };
  } catch (cause) {
    await db.destroy();
    throw cause instanceof ExhibitError ? cause : unreachable("The ledger can't be opened", cause);
  }
}

/** What `migrateLedger` found, and what it did unless it was only asked to look. */
export interface Migrated extends SchemaState {
  /** Names of the steps that were missing. */
  readonly missing: readonly string[];
}

/**
 * Brings the schema of a ledger on a Postgres server up to date, while programs work on it. Throws as `migrate` does, and
 * SERVICE_UNREACHABLE.
 */
export async function migrateLedger(
  databaseUrl: string,
  { dryRun = false, ...options }: MigrateOptions & { dryRun?: boolean } = {},
): Promise<Migrated> {
  const db = connectPostgres(databaseUrl);
  try {
    const found = await readSchema(db);
    const missing = missingSteps(found);
    if (missing.length === 0) checkSchema(found);
    else if (!dryRun) await migrate(db, options);
    return { ...(await readSchema(db)), missing };
  } catch (cause) {
    throw cause instanceof ExhibitError
      ? cause
      : unreachable("The ledger can't be migrated", cause);
  } finally {
    await db.destroy();
  }
}

/** A database on a Postgres server, whatever is in it. */
export function connectPostgres(databaseUrl: string): Kysely<LedgerSchema> {
  const types = {
    getTypeParser: ((oid: number, format?: "text" | "binary") =>
      oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
  };
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    types,
    max: 10,
    connectionTimeoutMillis: 10_000,
    // A new one is dear: it has to read the catalog anew.
    idleTimeoutMillis: 5 * 60_000,
    onConnect: setUp,
    // A server that is gone without a word must not be waited for; sealing ten million files takes minutes, though.
    keepAlive: true,
    query_timeout: 10 * 60_000,
    application_name: "exhibit",
  });
  // An idle connection that breaks is replaced by the pool; whoever needs one gets the error of its own query.
  pool.on("error", () => {});
  // The same for one that breaks in use: without a listener of its own it would end the process.
  pool.on("connect", (client) => client.on("error", () => {}));
  return new Kysely<LedgerSchema>({
    dialect: new PostgresDialect({ pool: withNamedOutages(pool) }),
  });
}

/**
 * Plans aren't kept with statements: one that was made while a table was small would read the whole of it once it is large.
 * The pool waits for the answer, though its types don't say so.
 */
function setUp(client: pg.ClientBase): unknown {
  return client.query("set plan_cache_mode = force_custom_plan");
}

async function ping(db: Kysely<LedgerSchema>): Promise<void> {
  try {
    await sql`select 1`.execute(db);
  } catch (cause) {
    throw cause instanceof ExhibitError ? cause : unreachable("The ledger doesn't answer", cause);
  }
}
