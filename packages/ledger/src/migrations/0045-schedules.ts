import { sql } from "kysely";
import { step } from "./step.ts";

/** Which seals are verified from time to time, and since when each waits for its next turn. */
export const schedules = step({
  version: 45,
  oldestProgram: 10,
  async up(db) {
    await sql`alter table verifications add column schedule text`.execute(db);
    await sql`
      create table schedules (
        name text primary key,
        up_to bigint not null default 0
      )`.execute(db);
    await sql`
      create table scheduled_seals (
        schedule text not null references schedules on delete cascade,
        import_id uuid not null,
        since timestamptz not null,
        primary key (schedule, import_id)
      )`.execute(db);
    await sql`create index scheduled_seals_by_age on scheduled_seals (schedule, since)`.execute(db);
    await sql`
      create index scheduled_verifications on verifications (import_id, schedule)
      where schedule is not null`.execute(db);
  },
});
