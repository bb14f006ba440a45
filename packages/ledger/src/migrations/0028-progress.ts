import { sql } from "kysely";
import { step } from "./step.ts";

/**
 * A short history of how imports moved, and what a worker says of itself. `step` is how many seconds
 * a row is about, and `at` when they begin.
 */
export const progress = step({
  version: 28,
  oldestProgram: 10,
  async up(db) {
    await sql`
      create table progress (
        import_id uuid not null,
        step smallint not null,
        at timestamptz not null,
        began_at timestamptz not null,
        moved_at timestamptz not null,
        files double precision not null,
        bytes double precision not null,
        primary key (import_id, step, at)
      )`.execute(db);
    await sql`create index progress_by_time on progress (step, at)`.execute(db);
    await sql`
      alter table workers add column since timestamptz not null default now(), add column report jsonb`.execute(
      db,
    );
  },
});
