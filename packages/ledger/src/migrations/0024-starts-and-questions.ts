import { sql } from "kysely";
import { step } from "./step.ts";

/** When an import is to start, and what the API asks of the workers. */
export const startsAndQuestions = step({
  version: 24,
  oldestProgram: 10,
  async up(db) {
    await sql`alter table imports add column start_at timestamptz`.execute(db);
    await sql`
      create table questions (
        id uuid primary key default gen_random_uuid(),
        asked_at timestamptz not null default now(),
        asked_by text not null,
        scope jsonb not null,
        question text not null,
        answer text
      )`.execute(db);
    await sql`create index questions_by_age on questions (asked_at)`.execute(db);
  },
});
