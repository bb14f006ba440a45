import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

export interface Step {
  /** The schema's version after the step: the number that its name begins with. */
  version: number;
  /**
   * The oldest schema version whose programs still work on this one. A step that only adds leaves
   * it as it was.
   */
  oldestProgram: number;
  up(db: Kysely<unknown>): Promise<void>;
}

/**
 * Creates a migration that may run while programs of an earlier release work. It only adds:
 * nullable columns, tables, indexes, wider checks. What a release doesn't read any more is dropped
 * by a step of the next release. It waits at most two seconds for a lock, because everybody who
 * comes after it would wait as long; `migrate` tries again.
 */
export function step({ version, oldestProgram, up }: Step): Migration {
  return {
    async up(db) {
      await sql`set local lock_timeout = '2s'`.execute(db);
      await up(db);
      await sql`insert into schema_versions (version, oldest_program) values (${version}, ${oldestProgram})`.execute(
        db,
      );
    },
  };
}
