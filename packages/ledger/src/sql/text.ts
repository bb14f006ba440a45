import { type RawBuilder, sql } from "kysely";

/**
 * Returns a foreign text as Postgres can keep it: without NUL, the one character that it doesn't
 * take.
 */
export function storable(text: string): string {
  return text.replaceAll("\0", "");
}

/** Returns SQL for a path of `table` as people see it; `isWrittenOut` says why that may differ. */
export function shownPathIn(table: string): RawBuilder<string> {
  const [path, normal] = [
    sql.ref<string>(`${table}.path`),
    sql.ref<string | null>(`${table}.normal`),
  ];
  return sql`case when ${path} like './%' then coalesce(${normal}, substr(${path}, 3)) else ${path} end`;
}
