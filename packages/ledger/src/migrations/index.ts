import type { Migration, MigrationProvider } from "kysely/migration";
import { firstTables } from "./0001-first-tables.ts";
import { acts } from "./0002-acts.ts";
import { pauses } from "./0006-pauses.ts";

/** In order of their names; one that has been released is never changed, only followed by another. */
const migrations: Record<string, Migration> = {
  "0001-first-tables": firstTables,
  "0002-acts": acts,
  "0006-pauses": pauses,
};

export const migrationProvider: MigrationProvider = {
  getMigrations: () => Promise.resolve(migrations),
};
