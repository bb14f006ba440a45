import { sql } from "kysely";
import { step } from "./step.ts";

/** Where a later lease led a folder that has its place already, and incidents of whole folders. */
export const offeredPlaces = step({
  version: 12,
  oldestProgram: 10,
  async up(db) {
    await sql`
      alter table folders add column offered_endpoint text, add column offered_bucket text, add column offered_prefix text`.execute(
      db,
    );
    await sql`alter table incidents add column folder_id bigint, alter column file_id drop not null`.execute(
      db,
    );
    await sql`create index incidents_by_folder on incidents (folder_id, id)`.execute(db);
  },
});
