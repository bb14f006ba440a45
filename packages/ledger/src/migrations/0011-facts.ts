import { sql } from "kysely";
import { step } from "./step.ts";

/**
 * Facts that can't be found out later: whose ledger it is, where each receipt's object is, and
 * which worker stored it.
 */
export const facts = step({
  version: 11,
  oldestProgram: 10,
  async up(db) {
    await sql`
      create table schema_versions (
        version integer primary key,
        oldest_program integer not null,
        at timestamptz not null default now()
      )`.execute(db);

    // It has one row, forever.
    await sql`
      create table deployment (
        only_one boolean primary key default true check (only_one),
        id uuid not null default gen_random_uuid(),
        world text check (world in ('trial', 'live')),
        created_at timestamptz not null default now()
      )`.execute(db);
    await sql`insert into deployment default values`.execute(db);
    await sql`
      create table vendor_places (
        vendor text primary key,
        gateway text not null,
        endpoint text,
        bucket text,
        at timestamptz not null default now(),
        who text not null,
        why text
      )`.execute(db);

    await sql`
      create table worker_facts (
        number integer generated always as identity primary key,
        host text not null,
        os_user text not null,
        version text not null,
        node text not null,
        openssl text not null,
        unique (host, os_user, version, node, openssl)
      )`.execute(db);
    await sql`alter table workers add column worker integer references worker_facts, add column waits jsonb`.execute(
      db,
    );
    // It lies beside "leases", whose unique constraint the previous release's statements name. Both
    // take their numbers from one sequence, so that a file's lease is a row of one of them.
    await sql`
      create table lease_uses (
        number integer primary key default nextval(pg_get_serial_sequence('leases', 'number')),
        id text not null,
        prefix text not null,
        vendor text not null,
        endpoint text not null,
        bucket text not null,
        worker integer references worker_facts,
        unique nulls not distinct (id, prefix, vendor, endpoint, bucket, worker)
      )`.execute(db);

    await sql`alter table files add column version_id text, add column sm3 bytea`.execute(db);
    await sql`
      create table incidents (
        id bigint generated always as identity primary key,
        file_id bigint not null,
        at timestamptz not null default now(),
        code text not null,
        message text not null,
        worker integer references worker_facts
      )`.execute(db);
    await sql`create index incidents_by_file on incidents (file_id)`.execute(db);

    await sql`
      alter table imports add column custody_secret bytea, add column amends uuid, add column sealed_number bigint`.execute(
      db,
    );
    // What an act was about, where that is more than its other columns say.
    await sql`alter table acts add column details jsonb, drop constraint acts_what_check`.execute(
      db,
    );
    await sql`
      alter table acts add constraint acts_what_check check (what in ('create', 'retry', 'cancel', 'waive', 'pause', 'resume',
        'accept', 'seal', 'stamp', 'verify', 'export', 'prove')) not valid`.execute(db);
    await sql`alter table acts validate constraint acts_what_check`.execute(db);
  },
});
