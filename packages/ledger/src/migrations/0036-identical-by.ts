import { sql } from "kysely";
import { step } from "./step.ts";

/** What proves that an object which was there before is the file. Unknown for earlier ones. */
export const identicalBy = step({
  version: 36,
  oldestProgram: 10,
  async up(db) {
    await sql`alter table files add column identical_by text`.execute(db);
  },
});
