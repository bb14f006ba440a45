import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

export interface Step {
  /** The schema's number after it: the one that its name begins with. */
  version: number;
  /** The oldest schema whose programs go on working on this one. A step that only adds leaves it where it was. */
  oldestProgram: number;
  up(db: Kysely<unknown>): Promise<void>;
}

/**
 * A migration that may be made while programs of an earlier release work. It only adds: nullable columns, tables, indexes,
 * wider checks. What the release doesn't read any more is dropped by a step of the next one. It waits two seconds at most for
 * a lock, because all who come after it would wait as long; `migrate` tries again.
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
