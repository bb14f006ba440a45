import { sql } from "kysely";
import { step } from "./step.ts";

/** Logins of people that are under way, and a name for each session. */
export const people = step({
  version: 23,
  oldestProgram: 10,
  async up(db) {
    await sql`
      create table login_attempts (
        digest bytea primary key,
        target text not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null
      )`.execute(db);
    await sql`create index login_attempts_by_end on login_attempts (expires_at)`.execute(db);
    // Sessions are few, so that giving each a number rewrites little.
    await sql`alter table sessions add column number bigint generated always as identity unique`.execute(
      db,
    );
  },
});
