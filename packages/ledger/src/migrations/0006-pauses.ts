import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

export const pauses: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      alter table imports add column paused_at timestamptz, add column paused_by text, add column paused_why text,
        add column error_code text, add column error text`.execute(db);
    await sql`
      create table paused_vendors (
        vendor text primary key,
        at timestamptz not null default now(),
        who text not null,
        why text
      )`.execute(db);
    // An act is on an import or a vendor.
    await sql`
      alter table acts alter column import_id drop not null, add column vendor text,
        add check ((import_id is null) <> (vendor is null)),
        drop constraint acts_what_check,
        add constraint acts_what_check check (what in ('create', 'retry', 'cancel', 'waive', 'pause', 'resume'))`.execute(
      db,
    );
    await sql`create index acts_by_vendor on acts (vendor, id) where vendor is not null`.execute(
      db,
    );
  },
};
