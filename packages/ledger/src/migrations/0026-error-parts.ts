import { sql } from "kysely";
import { step } from "./step.ts";

/** When something failed, and the parts of its error's sentence; the trace of a shard's last run. */
export const errorParts = step({
  version: 26,
  oldestProgram: 10,
  async up(db) {
    await sql`alter table files add column error_at timestamptz, add column error_details jsonb`.execute(
      db,
    );
    await sql`alter table folders add column error_at timestamptz, add column error_details jsonb`.execute(
      db,
    );
    await sql`alter table shards add column trace_id text`.execute(db);
  },
});
