import { cp } from "node:fs/promises";
import { join } from "node:path";
import { openEmbeddedLedger, openPglite } from "@exhibit/ledger";
import { dataFolder } from "@exhibit/testkit";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Folders of a PGlite: `ledger` has our tables, `empty` has none. */
    pgliteTemplates: { empty: string; ledger: string };
  }
}

/**
 * PGlites for all tests of the run to copy: making one takes a second of a core and its tables another, copying it a twentieth.
 * The tests with processes of their own begin with nothing, as a person does.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await dataFolder("pglite-template");
  const templates = { empty: join(folder.path, "empty"), ledger: join(folder.path, "ledger") };
  await (await openPglite(templates.empty)).close();
  await cp(templates.empty, templates.ledger, { recursive: true });
  const pglite = await openPglite(templates.ledger);
  await (await openEmbeddedLedger(pglite)).close();
  await pglite.close();
  project.provide("pgliteTemplates", templates);
  return folder.remove;
}
