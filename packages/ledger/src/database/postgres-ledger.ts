import type { Kysely } from "kysely";
import { deploymentOf } from "../deployment/deployment.ts";
import type { Ledger, SchemaState } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import {
  checkSchema,
  type MigrateOptions,
  migrate,
  missingSteps,
  readLaidOut,
  readSchema,
} from "./migrate.ts";
import { faultOfPostgres } from "./postgres-faults.ts";
import { checkPooler, checkServer, tryServer } from "./postgres-fitness.ts";
import { connectPool, type PostgresOptions } from "./postgres-pool.ts";

/**
 * Opens a ledger on a Postgres server. An empty database gets its tables; one that holds a ledger
 * is left as it is. Throws SCHEMA_OLD or SCHEMA_NEW when this program can't work on that ledger,
 * SERVICE_REFUSED or SERVICE_UNFIT when the server doesn't let it work, and SERVICE_UNREACHABLE
 * when the server doesn't answer, now and on every later use.
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

/** Closes the connections when `work` fails, and throws its error as one of ours. */
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

/** The schema after `migrateLedger`, and what it lacked before. */
export interface Migrated extends SchemaState {
  /** Names of the steps that were missing. */
  readonly missing: readonly string[];
}

/**
 * Updates the schema of a ledger on a Postgres server while programs work on it; with `dryRun`,
 * only says what is missing. Throws what `migrate` throws, and what `openPostgresLedger` throws for
 * its server.
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
