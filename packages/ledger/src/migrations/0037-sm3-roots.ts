import { sql } from "kysely";
import { step } from "./step.ts";

/** The roots of sealed blocks by SM3, where the deployment digests by it as well. */
export const sm3Roots = step({
  version: 37,
  oldestProgram: 10,
  async up(db) {
    await sql`alter table seal_blocks add column root_sm3 bytea`.execute(db);
  },
});
