import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

export const bandwidth: Migration = {
  async up(db: Kysely<unknown>) {
    // Rows are only added: the last one applies, the others are the record.
    await sql`
      create table bandwidth_limits (
        id bigint generated always as identity primary key,
        at timestamptz not null default now(),
        who text not null,
        why text,
        bwlimit text not null
      )`.execute(db);
    await sql`
      create table workers (
        id uuid primary key,
        seen_at timestamptz not null default now()
      )`.execute(db);
  },
};
