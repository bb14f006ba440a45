import { sql } from "kysely";
import { step } from "./step.ts";

/** Until when OSS keeps an object, where it was asked to. */
export const retainedUntil = step({
  version: 44,
  oldestProgram: 10,
  async up(db) {
    await sql`alter table files add column retained_until timestamptz`.execute(db);
  },
});
