import { type RawBuilder, sql } from "kysely";

const MARK = "-- prepared as ";

/**
 * Begins a statement that a connection to Postgres is to keep: its text is sent and parsed once. There is one text by
 * a name, and none whose rows' columns a migration changes while processes run.
 */
export function preparedAs(name: string): RawBuilder<unknown> {
  return sql.raw(`${MARK}${name}\n`);
}

/** The name by which a statement is to be kept. */
export function preparedName(text: string): string | undefined {
  return text.startsWith(MARK) ? text.slice(MARK.length, text.indexOf("\n")) : undefined;
}
