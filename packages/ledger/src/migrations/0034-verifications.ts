import { sql } from "kysely";
import { step } from "./step.ts";

/** Verifications: what was compared with what, how far that is, and what was found. */
export const verifications = step({
  version: 34,
  oldestProgram: 10,
  async up(db) {
    await sql`
      create table verifications (
        number bigint generated always as identity primary key,
        import_id uuid not null,
        seal_number bigint not null,
        seal_digest bytea not null,
        leaves bigint not null,
        against text not null check (against in ('receipts', 'oss', 'source')),
        by_means text check (by_means in ('list', 'head', 'download')),
        means text[] not null default '{}',
        sample bigint,
        seed text,
        folder integer,
        states text[],
        rate integer,
        why text,
        who text not null,
        state text not null default 'running' check (state in ('running', 'ended', 'cancelled', 'failed')),
        error_code text,
        error text,
        parts integer not null,
        parts_done integer not null default 0,
        place_folder integer,
        place_path text,
        checked bigint not null default 0,
        same bigint not null default 0,
        differs bigint not null default 0,
        missing bigint not null default 0,
        younger bigint not null default 0,
        extra bigint not null default 0,
        unreadable bigint not null default 0,
        entry bigint,
        findings_digest bytea,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        ended_at timestamptz
      )`.execute(db);
    await sql`create index verifications_by_import on verifications (import_id, number)`.execute(
      db,
    );
    await sql`create index running_verifications on verifications (updated_at) where state = 'running'`.execute(
      db,
    );
    await sql`
      create table findings (
        id bigint generated always as identity primary key,
        verification bigint not null references verifications,
        part integer not null,
        kind text not null,
        folder integer,
        file_id bigint,
        path text,
        key text,
        what text,
        expected text,
        found text,
        code text,
        files bigint not null default 1
      )`.execute(db);
    await sql`create index findings_by_verification on findings (verification, part, id)`.execute(
      db,
    );
  },
});
