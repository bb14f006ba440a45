import { sql } from "kysely";
import { step } from "./step.ts";

/** How many files a failed entry stands for that is a folder. */
export const foldersThatFailed = step({
  version: 15,
  oldestProgram: 10,
  async up(db) {
    await sql`alter table files add column is_folder boolean, add column stands_for bigint`.execute(
      db,
    );
  },
});
