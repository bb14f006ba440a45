import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

const counters = sql`
  files bigint not null default 0,
  bytes bigint not null default 0,
  stored bigint not null default 0,
  stored_bytes bigint not null default 0,
  identical bigint not null default 0,
  identical_bytes bigint not null default 0,
  failed bigint not null default 0,
  waived bigint not null default 0,
  skipped bigint not null default 0
`;

export const firstTables: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`
      create table imports (
        id uuid primary key,
        entrust_id text,
        suit_ids text[] not null,
        status text not null default 'planning',
        open_folders integer not null,
        open_shards integer not null default 0,
        shards integer not null default 0,
        ${counters},
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        finished_at timestamptz,
        check (status in ('planning', 'storing', 'sealing', 'sealed', 'attention', 'cancelled')),
        check (open_folders >= 0 and open_shards >= 0)
      )`.execute(db);
    await sql`create index imports_by_entrust on imports (entrust_id, id)`.execute(db);
    await sql`create index imports_by_suit on imports using gin (suit_ids)`.execute(db);
    await sql`create index imports_open on imports (updated_at) where status in ('planning', 'storing', 'sealing')`.execute(
      db,
    );
    await sql`
      create table folders (
        id bigint generated always as identity primary key,
        import_id uuid not null references imports,
        position integer not null,
        vendor text not null,
        selector jsonb not null,
        source jsonb not null,
        planned boolean not null default false,
        open_shards integer not null default 0,
        ${counters},
        endpoint text,
        bucket text,
        prefix text,
        error_code text,
        error text,
        unique (import_id, position)
      )`.execute(db);
    await sql`
      create table shards (
        id bigint generated always as identity primary key,
        import_id uuid not null references imports,
        folder_id bigint not null references folders,
        number integer not null,
        files integer not null,
        bytes bigint not null,
        state text not null default 'open',
        opened_at timestamptz not null default now(),
        sending_bytes bigint not null default 0,
        check (state in ('open', 'stored', 'failed'))
      )`.execute(db);
    await sql`create index shards_unfinished on shards (import_id, number) where state <> 'stored'`.execute(
      db,
    );
    await sql`create index shards_sending on shards (import_id) where sending_bytes > 0`.execute(
      db,
    );
    // No foreign key to shards: the one statement that writes these rows checks them.
    await sql`
      create table files (
        id bigint generated always as identity primary key,
        folder_id bigint not null,
        shard_id bigint,
        slot integer,
        path text not null,
        size bigint not null,
        modified_ms bigint,
        state text not null,
        key text,
        sha256 bytea,
        crc64 text,
        etag text,
        request_id text,
        stored_at timestamptz,
        lease_id text,
        skipped_as text,
        error_code text,
        error text,
        check (state in ('planned', 'stored', 'identical', 'failed', 'waived', 'skipped'))
      )`.execute(db);
    // A path is one file, however often its source is walked. Pages are in this order, too.
    await sql`create unique index files_by_path on files (folder_id, path collate "C")`.execute(db);
    // No two files get the same slot of a vendor that opens files one by one.
    await sql`create unique index files_by_slot on files (folder_id, slot) where slot is not null`.execute(
      db,
    );
    await sql`create index files_by_shard on files (shard_id)`.execute(db);
    await sql`create index files_with_error on files (folder_id, error_code) where error_code is not null`.execute(
      db,
    );
  },
};
