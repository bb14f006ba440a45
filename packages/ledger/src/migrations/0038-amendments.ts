import { sql } from "kysely";
import { step } from "./step.ts";

/** Imports that add to a sealed one are found by it. */
export const amendments = step({
  version: 38,
  oldestProgram: 10,
  async up(db) {
    await sql`create index imports_by_amended on imports (amends) where amends is not null`.execute(
      db,
    );
  },
});
