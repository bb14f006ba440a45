import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

export const uploads: Migration = {
  async up(db: Kysely<unknown>) {
    // No foreign key to files, for the same reason as in files. A file may have several uploads:
    // one that can't be aborted stays beside the next.
    await sql`
      create table uploads (
        id bigint generated always as identity primary key,
        file_id bigint not null,
        upload_id text not null,
        endpoint text not null,
        bucket text not null,
        key text not null,
        part_size bigint not null,
        size bigint not null,
        modified_ms bigint not null,
        began_at timestamptz not null,
        given_up boolean not null default false,
        aborts integer not null default 0,
        abort_at timestamptz not null default now()
      )`.execute(db);
    await sql`create index uploads_by_file on uploads (file_id)`.execute(db);
    await sql`
      create table upload_parts (
        upload bigint not null references uploads on delete cascade,
        number integer not null,
        etag text not null,
        crc64 text not null,
        primary key (upload, number)
      )`.execute(db);
    await sql`alter table shards add column openings integer not null default 0`.execute(db);
    await sql`create index folders_by_place on folders (bucket, prefix) where prefix is not null`.execute(
      db,
    );
  },
};
