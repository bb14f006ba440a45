import { sql } from "kysely";
import { step } from "./step.ts";

/** Whom the identity provider has vouched for: with them and the keys, it is known who can come in. */
export const knownPeople = step({
  version: 31,
  oldestProgram: 10,
  async up(db) {
    await sql`
      create table known_people (
        number bigint generated always as identity unique,
        name text primary key,
        role text not null,
        scope jsonb not null,
        first_seen_at timestamptz not null,
        seen_at timestamptz not null
      )`.execute(db);
    await sql`create index known_people_by_time on known_people (seen_at)`.execute(db);
  },
});
