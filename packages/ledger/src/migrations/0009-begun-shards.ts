import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

export const begunShards: Migration = {
  async up(db: Kysely<unknown>) {
    // For each shard that planning adds, it counts those that a worker has claimed: they have had
    // their turn.
    await sql`create index shards_begun on shards (import_id) where state = 'open' and openings > 0`.execute(
      db,
    );
  },
};
