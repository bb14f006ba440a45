import { type RawBuilder, sql } from "kysely";

const MARK = "-- prepared as ";

/**
 * Marks a statement as prepared: each connection to Postgres sends and parses its text once. Names
 * must be unique, and no migration may change the row type of a prepared statement while processes
 * run.
 */
export function preparedAs(name: string): RawBuilder<unknown> {
  return sql.raw(`${MARK}${name}\n`);
}

/** Returns the name of a statement that is marked as prepared. */
export function preparedName(text: string): string | undefined {
  return text.startsWith(MARK) ? text.slice(MARK.length, text.indexOf("\n")) : undefined;
}
