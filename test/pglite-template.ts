import { openPglite } from "@exhibit/ledger";
import type { TestProject } from "vitest/node";
import { dataFolder } from "./servers.ts";

declare module "vitest" {
  interface ProvidedContext {
    pgliteTemplate: string;
  }
}

/**
 * An empty PGlite for all tests of the run: making one takes two seconds of a core, copying it a twentieth. The tests
 * with processes of their own begin with nothing, as a person does.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await dataFolder("pglite-template");
  const pglite = await openPglite(folder.path);
  await pglite.close();
  project.provide("pgliteTemplate", folder.path);
  return folder.remove;
}
