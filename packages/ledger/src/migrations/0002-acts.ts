import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

export const acts: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      create table acts (
        id bigint generated always as identity primary key,
        import_id uuid not null references imports,
        at timestamptz not null default now(),
        who text not null,
        what text not null,
        why text,
        folder_id bigint,
        file_id bigint,
        code text,
        files bigint,
        check (what in ('create', 'retry', 'cancel', 'waive'))
      )`.execute(db);
    await sql`create index acts_by_import on acts (import_id, id)`.execute(db);
    await sql`
      alter table files add column waived_by text, add column waived_why text, add column waived_at timestamptz`.execute(
      db,
    );
  },
};
