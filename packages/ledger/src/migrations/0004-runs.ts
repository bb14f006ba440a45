import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

export const runs: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      alter table shards add column unended_runs integer not null default 0, add column starts_at_end integer`.execute(
      db,
    );
    await sql`alter table folders add column starts_at_end integer`.execute(db);
  },
};
