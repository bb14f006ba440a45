import { sql } from "kysely";
import { step } from "./step.ts";

/** The folders that an import's sources must lie below, beside those of the configuration. */
export const sourceLimits = step({
  version: 18,
  oldestProgram: 10,
  async up(db) {
    await sql`alter table imports add column source_limits text[]`.execute(db);
  },
});
