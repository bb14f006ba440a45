import type { ImportStatus } from "@exhibit/contracts";
import { type RawBuilder, sql } from "kysely";
import { all } from "../sql/conditions.ts";
import type { PageQuery } from "./paging.ts";

/** Which imports are listed; everything that is given has to match. */
export interface ImportQuery extends PageQuery {
  /** How the id begins or ends. */
  id?: string | undefined;
  suit_id?: string | undefined;
  entrust_id?: string | undefined;
  /** One of these. */
  status?: readonly ImportStatus[] | undefined;
  /** A part of the title, in any case. */
  title?: string | undefined;
  /** Keys and values; all of them. */
  label?: readonly (readonly [key: string, value: string])[] | undefined;
  /** How the entrust_id, the id, the title or a suit begins. */
  q?: string | undefined;
  vendor?: string | undefined;
  created_by?: string | undefined;
  /** Whether it waits for its start. */
  scheduled?: boolean | undefined;
  /** Timestamps; the earlier one is part of the time, the later one isn't. */
  created_after?: string | undefined;
  created_before?: string | undefined;
  /** @defaultValue newest */
  sort?: "newest" | "oldest" | undefined;
  /** Whether to count all that match, by status. @defaultValue false */
  totals?: boolean | undefined;
}

/** Returns the condition on `imports` of a query's filters, except for that of the status. */
export function matches(query: ImportQuery): RawBuilder<boolean> {
  const { id, suit_id, entrust_id, title, label, q, vendor, created_by } = query;
  const { scheduled } = query;
  const { created_after: from, created_before: to } = query;
  const part = id?.toLowerCase();
  return all([
    part !== undefined &&
      sql`(starts_with(id::text, ${part}) or right(id::text, ${part.length}::integer) = ${part})`,
    entrust_id !== undefined && sql`entrust_id = ${entrust_id}`,
    suit_id !== undefined && sql`suit_ids @> array[${suit_id}]::text[]`,
    title !== undefined && sql`strpos(lower(title), lower(${title})) > 0`,
    label !== undefined && sql`labels @> ${JSON.stringify(Object.fromEntries(label))}::jsonb`,
    // One key can't have two values.
    label !== undefined && new Set(label.map(([key]) => key)).size < label.length && sql`false`,
    q !== undefined &&
      sql`(starts_with(entrust_id, ${q}) or starts_with(lower(title), lower(${q}))
        or starts_with(id::text, lower(${q}))
        or exists (select from unnest(suit_ids) as suit where starts_with(suit, ${q})))`,
    scheduled !== undefined &&
      sql`(status = 'planning' and start_at is not null and start_at > now()) = ${scheduled}`,
    vendor !== undefined &&
      sql`exists (select from folders where folders.import_id = imports.id and folders.vendor = ${vendor})`,
    created_by !== undefined &&
      sql`id in (select import_id from acts where who = ${created_by} and what = 'create')`,
    from !== undefined && sql`created_at >= ${from}::timestamptz`,
    to !== undefined && sql`created_at < ${to}::timestamptz`,
  ]);
}

export function hasStatus({ status }: ImportQuery): RawBuilder<boolean> {
  // Written into the statement, so that Postgres finds the index of those in attention.
  return status === undefined
    ? sql`true`
    : sql`status in (${sql.join(status.map((each) => sql.lit(each)))})`;
}
