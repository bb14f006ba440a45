import type { PGlite } from "@electric-sql/pglite";
import { Kysely, PGliteDialect } from "kysely";
import { deploymentOf } from "../deployment/deployment.ts";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { keepByteOrderMarks } from "./byte-order-marks.ts";
import { ensureDatabase } from "./embedded-image.ts";
import { migrate, readSchema } from "./migrate.ts";

const INT8 = 20;

/**
 * Opens PGlite in a folder, for a ledger and for the embedded engine beside it. Only one process
 * may do so at a time: PGlite has no server that could be shared.
 */
export async function openPglite(dataDir: string): Promise<PGlite> {
  // The module isn't loaded where Postgres is a server; here it is loaded while the database is
  // unpacked.
  const [{ PGlite }] = await Promise.all([import("@electric-sql/pglite"), ensureDatabase(dataDir)]);
  const pglite = await PGlite.create(dataDir, {
    parsers: { [INT8]: Number },
    // Postgres's default of 128 MB is for a server; here the system's cache has the pages anyway.
    postgresqlconf: ["shared_buffers = 16MB"],
  });
  return keepByteOrderMarks(pglite);
}

/**
 * Opens a ledger in the process and makes or updates its schema. `pglite` is closed by its owner,
 * not by the ledger.
 */
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

/** Connects to a database in the process, whatever it holds. */
export function connectPglite(pglite: PGlite): Kysely<LedgerSchema> {
  return new Kysely<LedgerSchema>({ dialect: new PGliteDialect({ pglite }) });
}
