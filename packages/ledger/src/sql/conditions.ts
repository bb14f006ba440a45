import { type RawBuilder, sql } from "kysely";

/** Returns the condition that all of those hold which are given; `true` if none is. */
export function all(conditions: readonly (RawBuilder<unknown> | false)[]): RawBuilder<boolean> {
  const given = conditions.filter((condition) => condition !== false);
  return given.length === 0 ? sql`true` : sql`(${sql.join(given, sql` and `)})`;
}
