import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Ledger, openEmbeddedLedger, openPglite, openPostgresLedger } from "@exhibit/ledger";
import { dataFolder } from "@exhibit/testkit";
import pg from "pg";
import { inject } from "vitest";

/** A database of its own on the run's Postgres, and how to drop it. */
export async function createDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  await command(`create database ${name}`);
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => command(`drop database ${name} with (force)`) };
}

/**
 * Makes a folder that isn't there yet a PGlite, with our tables or with none. node:fs's `cp` would take ten times as long as the
 * system's.
 */
export async function copyPglite(
  folder: string,
  template: "ledger" | "empty" = "ledger",
): Promise<void> {
  await promisify(execFile)("cp", ["-R", inject("pgliteTemplates")[template], folder]);
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
    const path = join(folder.path, "ledger");
    await copyPglite(path);
    const pglite = await openPglite(path);
    return {
      ledger: await openEmbeddedLedger(pglite),
      remove: () => pglite.close().then(folder.remove),
    };
  },
};
