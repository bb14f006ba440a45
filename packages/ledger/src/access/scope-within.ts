import { posix } from "node:path";
import type { Scope } from "@exhibit/contracts";
import { type RawBuilder, sql } from "kysely";
import { all } from "../sql/conditions.ts";

/**
 * Returns the condition that the column `scope` lets nobody do anything that `outer` doesn't: each of
 * its limits is a part of the other's, and its roots are, or lie below, those of the other.
 */
export function isWithinScope({ entrust_ids, vendors, roots }: Scope): RawBuilder<boolean> {
  return all([
    entrust_ids !== "all" && isPartOf("entrust_ids", entrust_ids),
    vendors !== "all" && isPartOf("vendors", vendors),
    roots !== "all" && isBelow(roots),
  ]);
}

function isPartOf(limit: "entrust_ids" | "vendors", outer: readonly string[]) {
  const inner = sql`scope -> ${sql.lit(limit)}`;
  // A text counts as contained in a list of texts: "all" isn't one of them.
  return sql`(jsonb_typeof(${inner}) = 'array' and ${inner} <@ ${JSON.stringify(outer)}::jsonb)`;
}

function isBelow(outer: readonly string[]) {
  const roots = sql`scope -> 'roots'`;
  return sql`(jsonb_typeof(${roots}) = 'array' and not exists (
    select from jsonb_array_elements_text(${roots}) as root
    where not exists (
      select from unnest(${outer.map(asFolder)}::text[]) as folder
      where starts_with(rtrim(root, '/') || '/', folder))))`;
}

/** Returns a path with one slash at its end, so that it begins the paths of what lies below it. */
function asFolder(root: string): string {
  return posix.join(posix.normalize(root), "/");
}
