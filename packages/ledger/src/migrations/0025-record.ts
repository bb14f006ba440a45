import { sql } from "kysely";
import { step } from "./step.ts";

/** The whole record of what people did, in one order; and who read which lists of evidence. */
export const record = step({
  version: 25,
  oldestProgram: 10,
  async up(db) {
    await sql`create index acts_by_time on acts (at, id)`.execute(db);
    await sql`create index acts_by_subject on acts (subject, at, id) where subject is not null`.execute(
      db,
    );
    // From now on, setting the limit is an act like any other.
    await sql`
      insert into acts (subject, at, who, what, why, details)
      select 'bandwidth', at, who, 'change', why, jsonb_build_object('limit', bwlimit)
      from bandwidth_limits order by id`.execute(db);
    await sql`
      create table reads (
        id bigint generated always as identity primary key,
        at timestamptz not null default now(),
        hour timestamptz not null,
        who text not null,
        what text not null,
        subject text not null
      )`.execute(db);
    await sql`create unique index reads_once on reads (hour, who, what, subject)`.execute(db);
    await sql`create index reads_by_time on reads (at, id)`.execute(db);
    await sql`create index reads_by_subject on reads (subject, at, id)`.execute(db);
    // What the sender might see: an answer is repeated only to whoever may see as much.
    await sql`alter table idempotency_keys add column scope bytea`.execute(db);
  },
});
