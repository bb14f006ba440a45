import { cp } from "node:fs/promises";
import { join } from "node:path";
import { openEmbeddedLedger, openPglite, openPostgresLedger } from "@exhibit/ledger";
import { dataFolder, shareInRun } from "@exhibit/testkit";
import pg from "pg";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Folders of a PGlite: `ledger` has our tables, `empty` has none. */
    pgliteTemplates: { empty: string; ledger: string };
    /** The name of a database with our tables on the run's Postgres. */
    postgresTemplate: string;
  }
}

const POSTGRES_TEMPLATE = "ledger_template";

/**
 * Makes the databases that the tests of a run copy. Making a PGlite takes a second of a core and
 * its tables another, copying it a twentieth; in Postgres, migrating takes longer than copying.
 * Tests with processes of their own begin with nothing, as a person does.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { postgresUrl } = project.getProvidedContext();
  const { value, release } = await shareInRun("ledger templates", async () => {
    const folder = await dataFolder("pglite-template");
    const [pglites] = await Promise.all([makePglites(folder.path), makeDatabase(postgresUrl)]);
    return { value: pglites, stop: folder.remove };
  });
  project.provide("pgliteTemplates", value);
  project.provide("postgresTemplate", POSTGRES_TEMPLATE);
  return release;
}

async function makePglites(folder: string): Promise<{ empty: string; ledger: string }> {
  const made = { empty: join(folder, "empty"), ledger: join(folder, "ledger") };
  await (await openPglite(made.empty)).close();
  await cp(made.empty, made.ledger, { recursive: true });
  const pglite = await openPglite(made.ledger);
  await (await openEmbeddedLedger(pglite)).close();
  await pglite.close();
  return made;
}

async function makeDatabase(postgresUrl: string): Promise<void> {
  const client = new pg.Client(postgresUrl);
  await client.connect();
  await client.query(`create database ${POSTGRES_TEMPLATE}`);
  await client.end();
  const url = new URL(postgresUrl);
  url.pathname = `/${POSTGRES_TEMPLATE}`;
  await (await openPostgresLedger(url.href)).close();
}
