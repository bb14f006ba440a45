import { sql } from "kysely";
import { step } from "./step.ts";

/** Who may use the API: keys, the sessions of browsers, and the codes that begin one. */
export const keys = step({
  version: 16,
  oldestProgram: 10,
  async up(db) {
    // Only digests are kept: whoever reads the ledger, or a copy of it, can't act as anybody.
    await sql`
      create table api_keys (
        number bigint generated always as identity unique,
        id text primary key,
        name text not null,
        role text not null,
        scope jsonb not null,
        may_name_others boolean not null,
        digest bytea not null,
        previous_digest bytea,
        previous_until timestamptz,
        created_at timestamptz not null default now(),
        created_by text not null,
        expires_at timestamptz not null,
        revoked_at timestamptz,
        revoked_by text,
        last_used_at timestamptz,
        check ((previous_digest is null) = (previous_until is null)),
        check ((revoked_at is null) = (revoked_by is null))
      )`.execute(db);
    // The audit log names who did something by the key's name.
    await sql`create unique index api_keys_by_name on api_keys (name) where revoked_at is null`.execute(
      db,
    );
    await sql`
      create table sessions (
        digest bytea primary key,
        principal jsonb not null,
        key_id text references api_keys,
        secure boolean not null,
        created_at timestamptz not null default now(),
        seen_at timestamptz not null,
        expires_at timestamptz not null
      )`.execute(db);
    await sql`create index sessions_by_end on sessions (expires_at)`.execute(db);
    await sql`create index sessions_by_key on sessions (key_id)`.execute(db);
    await sql`
      create table login_codes (
        digest bytea primary key,
        key_id text not null references api_keys,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null
      )`.execute(db);

    // An act may be on anything. What people can do is the program's list, which a check would only
    // repeat.
    await sql`
      alter table acts add column subject text, drop constraint acts_what_check, drop constraint acts_check`.execute(
      db,
    );
    await sql`
      alter table acts add constraint acts_check check (num_nonnulls(import_id, vendor, subject) <= 1) not valid`.execute(
      db,
    );
    await sql`alter table acts validate constraint acts_check`.execute(db);
  },
});
