import { sql } from "kysely";
import { step } from "./step.ts";

/** What the bucket of a folder itself keeps, as OSS said when its files were stored. */
export const bucketRetention = step({
  version: 48,
  oldestProgram: 10,
  async up(db) {
    await sql`alter table folders add column retention text`.execute(db);
  },
});
