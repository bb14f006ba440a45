import { type RawBuilder, sql } from "kysely";

/** A text of somebody else's, as Postgres can keep it: it takes every character but NUL. */
export function storable(text: string): string {
  return text.replaceAll("\0", "");
}

/** A path of `table` as people see it, in SQL; see `isWrittenOut`. */
export function shownPathIn(table: string): RawBuilder<string> {
  const [path, normal] = [
    sql.ref<string>(`${table}.path`),
    sql.ref<string | null>(`${table}.normal`),
  ];
  return sql`case when ${path} like './%' then coalesce(${normal}, substr(${path}, 3)) else ${path} end`;
}
