import { sql } from "kysely";
import { step } from "./step.ts";

export const whatIsMissing = step({
  version: 13,
  oldestProgram: 10,
  async up(db) {
    await sql`
      alter table folders add column walk_again boolean not null default false, add column compared_with bigint,
        add column vanished bigint, add column vanished_paths text[]`.execute(db);
    await sql`create index folders_by_source on folders (vendor, (source ->> 'path'), id)`.execute(
      db,
    );
  },
});
