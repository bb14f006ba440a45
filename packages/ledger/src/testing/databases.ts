import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Ledger, openEmbeddedLedger, openPglite, openPostgresLedger } from "@exhibit/ledger";
import { dataFolder } from "@exhibit/testkit";
import pg from "pg";
import { inject } from "vitest";

/** Creates a database on the run's Postgres, with our tables or with none. */
export async function createDatabase(
  template: "ledger" | "empty" = "empty",
): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const copied = template === "ledger" ? ` template ${inject("postgresTemplate")}` : "";
  await command(`create database ${name}${copied}`);
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => command(`drop database ${name} with (force)`) };
}

/**
 * Creates a PGlite in a folder that doesn't exist yet, with our tables or with none. node:fs's `cp`
 * would take ten times as long as the system's.
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

/**
 * Opens a ledger on each of the two databases that it can be on; every test of the ledger runs on
 * both.
 */
export const ledgerKinds = {
  async Postgres(): Promise<{ ledger: Ledger; remove(): Promise<void> }> {
    const database = await createDatabase("ledger");
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
