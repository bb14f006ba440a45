import { ExhibitError } from "@exhibit/contracts";

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
