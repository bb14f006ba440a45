import { ExhibitError, type ImportStatus } from "@exhibit/contracts";
import type { Ledger } from "../ledger.ts";

export interface Page<Item> {
  items: Item[];
  next: string | null;
}

export interface PageQuery {
  limit: number;
  after?: string | undefined;
}

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Gives the import's status. Throws NOT_FOUND. */
export async function checkImport({ db }: Ledger, importId: string): Promise<ImportStatus> {
  const row = UUID.test(importId)
    ? await db.selectFrom("imports").select("status").where("id", "=", importId).executeTakeFirst()
    : undefined;
  if (!row) throw new ExhibitError("NOT_FOUND", `There is no import ${importId}.`);
  return row.status;
}

export function pageOf<Row>(rows: Row[], limit: number, cursorOf: (row: Row) => string): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? cursorOf(last) : null };
}

export function cursor(text: string, pattern: RegExp, name = "after"): string {
  if (pattern.test(text)) return text;
  throw new ExhibitError("REQUEST_INVALID", `${name}: "${text}" isn't one that this list gave.`);
}
