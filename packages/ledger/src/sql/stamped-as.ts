import { type RawBuilder, sql } from "kysely";

/**
 * SQL for the entry whose stamps say when an entry was there: itself, or, where nobody was asked for a
 * stamp of it, the first journal behind it that somebody was asked to stamp. Null if there is neither.
 */
export function stampedAs(entry: RawBuilder<unknown>): RawBuilder<number | null> {
  return sql`coalesce(
    (select entry from stamps where entry = ${entry} limit 1),
    (select min(journals.number) from journals join stamps on stamps.entry = journals.number
      where journals.number > ${entry}))`;
}
