import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

export const normalPaths: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`alter table files add column normal text`.execute(db);
    // Few names differ from their normal form, so the index is small.
    await sql`create index files_by_normal on files (folder_id, normal collate "C") where normal is not null`.execute(
      db,
    );
  },
};
