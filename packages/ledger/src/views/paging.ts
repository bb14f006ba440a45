import { ExhibitError } from "@exhibit/contracts";
import { type RawBuilder, sql } from "kysely";

export interface Page<Item> {
  items: Item[];
  next: string | null;
}

export interface PageQuery {
  limit: number;
  after?: string | undefined;
}

/** Cuts one row more than a page holds down to the page, and returns the cursor of the next one. */
export function pageOf<Row>(rows: Row[], limit: number, cursorOf: (row: Row) => string): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? cursorOf(last) : null };
}

/** Returns a cursor that a list gave. Throws REQUEST_INVALID for any other text. */
export function cursor(text: string, pattern: RegExp, name = "after"): string {
  if (pattern.test(text)) return text;
  throw new ExhibitError("REQUEST_INVALID", `${name}: "${text}" isn't a value from this list.`);
}

/**
 * What a list that is ordered by time selects of its rows for their cursors, beside `id`: the
 * microseconds since the epoch, which a Date doesn't tell.
 */
export const moment = sql<number>`(extract(epoch from at) * 1000000)::bigint`.as("moment");

/** Returns the cursor of a row in a list that is ordered by time and, at the same time, by id. */
export function timeCursor({ id, moment }: { id: number; moment: number }): string {
  return `${moment}.${id}`;
}

/** Returns the condition that rows stand behind a cursor of `timeCursor`; its row may be gone. */
export function isBehind({
  order,
  after,
}: {
  order: "asc" | "desc";
  after?: string | undefined;
}): RawBuilder<boolean> {
  if (after === undefined) return sql`true`;
  const [moment, id] = cursor(after, /^\d{1,16}\.\d{1,15}$/).split(".");
  const than = sql.raw(order === "asc" ? ">" : "<");
  return sql`(at, id) ${than}
    (timestamptz 'epoch' + ${moment}::bigint * interval '1 microsecond', ${id}::bigint)`;
}
