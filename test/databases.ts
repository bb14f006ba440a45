import { type Ledger, openEmbeddedLedger, openPglite, openPostgresLedger } from "@exhibit/ledger";
import pg from "pg";
import { inject } from "vitest";
import { dataFolder } from "./servers.ts";

/** A database of its own on the run's Postgres, and how to drop it. */
export async function createDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  await command(`create database ${name}`);
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => command(`drop database ${name} with (force)`) };
}

async function command(text: string): Promise<void> {
  const client = new pg.Client(inject("postgresUrl"));
  await client.connect();
  await client.query(text);
  await client.end();
}

/** Both databases that a ledger can be on; every test of the ledger runs on each. */
export const ledgerKinds = {
  async Postgres(): Promise<{ ledger: Ledger; remove(): Promise<void> }> {
    const database = await createDatabase();
    const ledger = await openPostgresLedger(database.url);
    return { ledger, remove: () => ledger.close().then(database.drop) };
  },
  async PGlite(): Promise<{ ledger: Ledger; remove(): Promise<void> }> {
    const folder = await dataFolder("pglite");
    const pglite = await openPglite(folder.path);
    return {
      ledger: await openEmbeddedLedger(pglite),
      remove: () => pglite.close().then(folder.remove),
    };
  },
};
