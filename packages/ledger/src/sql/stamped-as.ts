import { type RawBuilder, sql } from "kysely";

/**
 * SQL for the entry whose stamps say when an entry was there: itself, if anybody has stamped it; else the
 * first journal behind it that is stamped; else whichever of the two somebody was asked to stamp. Null if
 * there is none.
 */
export function stampedAs(entry: RawBuilder<unknown>): RawBuilder<number | null> {
  const own = (isGiven: boolean) => sql`
    (select entry from stamps where entry = ${entry} and ${given(isGiven)} limit 1)`;
  const behind = (isGiven: boolean) => sql`
    (select min(journals.number) from journals join stamps on stamps.entry = journals.number
      where journals.number > ${entry} and ${given(isGiven)})`;
  return sql`coalesce(${own(true)}, ${behind(true)}, ${own(false)}, ${behind(false)})`;
}

function given(isGiven: boolean): RawBuilder<boolean> {
  return isGiven ? sql`token is not null` : sql`true`;
}
