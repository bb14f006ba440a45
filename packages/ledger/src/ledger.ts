import type { PGlite } from "@electric-sql/pglite";
import { Kysely, PGliteDialect } from "kysely";
import { keepByteOrderMarks } from "./database/byte-order-marks.ts";
import { ensureDatabase } from "./database/embedded-image.ts";
import {
  checkSchema,
  type MigrateOptions,
  migrate,
  missingSteps,
  readLaidOut,
  readSchema,
  type SchemaState,
} from "./database/migrate.ts";
import { faultOfPostgres } from "./database/postgres-faults.ts";
import { checkPooler, checkServer, tryServer } from "./database/postgres-fitness.ts";
import { connectPool, type PostgresOptions } from "./database/postgres-pool.ts";
import { type Deployment, deploymentOf } from "./deployment/deployment.ts";
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
  return { db, schema, deployment, ping: () => pingPglite(pglite), close: () => Promise.resolve() };
}

async function pingPglite(pglite: PGlite): Promise<void> {
  await pglite.query("select 1");
}

/** A database in the process, whatever is in it. */
export function connectPglite(pglite: PGlite): Kysely<LedgerSchema> {
  return new Kysely<LedgerSchema>({ dialect: new PGliteDialect({ pglite }) });
}

/**
 * A ledger on a Postgres server. An empty database gets its tables; one that has a ledger is left as it is: throws SCHEMA_OLD
 * or SCHEMA_NEW when this program can't work on it, SERVICE_REFUSED or SERVICE_UNFIT when the server doesn't let it work, and
 * SERVICE_UNREACHABLE when it doesn't answer, now and whenever it is used.
 */
export async function openPostgresLedger(
  databaseUrl: string,
  options: PostgresOptions = {},
): Promise<Ledger> {
  const pool = connectPool(databaseUrl, options);
  const { db } = pool;
  return await orFault("The ledger can't be opened", db, async () => {
    await checkServer(db);
    await checkPooler(pool);
    const schema = await readLaidOut(db);
    checkSchema(schema);
    const deployment = await deploymentOf({ db });
    return { db, schema, deployment, ping: () => ping(db), close: () => db.destroy() };
  });
}

/** Closes what isn't fit, and says why. */
async function orFault<T>(
  what: string,
  db: Kysely<LedgerSchema>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    await db.destroy();
    throw faultOfPostgres(what, thrown);
  }
}

async function ping(db: Kysely<LedgerSchema>): Promise<void> {
  try {
    await tryServer(db);
  } catch (thrown) {
    throw faultOfPostgres("The ledger doesn't answer", thrown);
  }
}

/** What `migrateLedger` found, and what it did unless it was only asked to look. */
export interface Migrated extends SchemaState {
  /** Names of the steps that were missing. */
  readonly missing: readonly string[];
}

/**
 * Brings the schema of a ledger on a Postgres server up to date, while programs work on it. Throws as `migrate` does, and
 * the same as `openPostgresLedger` for its server.
 */
export async function migrateLedger(
  databaseUrl: string,
  { dryRun = false, ...options }: MigrateOptions & { dryRun?: boolean } = {},
): Promise<Migrated> {
  const pool = connectPool(databaseUrl);
  const { db } = pool;
  return await orFault("The ledger can't be migrated", db, async () => {
    await checkServer(db);
    await checkPooler(pool);
    const found = await readSchema(db);
    const missing = missingSteps(found);
    if (missing.length === 0) checkSchema(found);
    else if (!dryRun) {
      await readLaidOut(db);
      await migrate(db, options);
    }
    const now = await readSchema(db);
    await db.destroy();
    return { ...now, missing };
  });
}
