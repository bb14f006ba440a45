import type { PGlite } from "@electric-sql/pglite";
import { ExhibitError } from "@exhibit/contracts";
import { Kysely, PGliteDialect, PostgresDialect, sql } from "kysely";
import { Migrator } from "kysely/migration";
import pg from "pg";
import { ensureDatabase } from "./empty-database.ts";
import { migrationProvider } from "./migrations/index.ts";
import { unreachable, withNamedOutages } from "./outage.ts";
import type { LedgerSchema } from "./schema.ts";

const INT8 = 20;

/** The database that knows every import, folder, shard and file: the truth. */
export interface Ledger {
  readonly db: Kysely<LedgerSchema>;
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
  return await PGlite.create(dataDir, {
    parsers: { [INT8]: Number },
    // Postgres's default of 128 MB is for a server; here the pages are in the system's cache anyway.
    postgresqlconf: ["shared_buffers = 16MB"],
  });
}

/** A ledger in the process; `pglite` is closed by its owner, not by the ledger. */
export async function openEmbeddedLedger(pglite: PGlite): Promise<Ledger> {
  const db = new Kysely<LedgerSchema>({ dialect: new PGliteDialect({ pglite }) });
  await migrate(db);
  return { db, ping: () => ping(db), close: () => Promise.resolve() };
}

/** A ledger on a Postgres server. Throws SERVICE_UNREACHABLE when it doesn't answer, now and whenever it is used. */
export async function openPostgresLedger(databaseUrl: string): Promise<Ledger> {
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
  const db = new Kysely<LedgerSchema>({
    dialect: new PostgresDialect({ pool: withNamedOutages(pool) }),
  });
  try {
    await migrate(db);
  } catch (cause) {
    await db.destroy();
    throw unreachable("The ledger can't be opened", cause);
  }
  return { db, ping: () => ping(db), close: () => db.destroy() };
}

/**
 * Plans aren't kept with statements: one that was made while a table was small would read the whole of it once it is large.
 * The pool waits for the answer, though its types don't say so.
 */
function setUp(client: pg.ClientBase): unknown {
  return client.query("set plan_cache_mode = force_custom_plan");
}

async function migrate(db: Kysely<LedgerSchema>): Promise<void> {
  const { error } = await new Migrator({ db, provider: migrationProvider }).migrateToLatest();
  if (error) throw error;
}

async function ping(db: Kysely<LedgerSchema>): Promise<void> {
  try {
    await sql`select 1`.execute(db);
  } catch (cause) {
    throw cause instanceof ExhibitError ? cause : unreachable("The ledger doesn't answer", cause);
  }
}
