import type { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import { firstMigrations, provide } from "../src/migrations/index.ts";
import type { LedgerSchema } from "../src/schema.ts";

/**
 * Creates the schema of an earlier release, as its own programs did, up to the migration `last`.
 */
export async function makeAsBefore(db: Kysely<LedgerSchema>, last: string): Promise<void> {
  const known = Object.entries(firstMigrations).filter(([name]) => name <= last);
  const { error } = await new Migrator({
    db,
    provider: provide(Object.fromEntries(known)),
  }).migrateToLatest();
  if (error) throw error;
}
