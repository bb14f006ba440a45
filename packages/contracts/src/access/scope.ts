import { z } from "zod";
import { atMost } from "../at-most.ts";
import { anyPath, plainWord } from "../text/plain-text.ts";

const allOr = <List extends z.ZodType>(list: List) => z.union([z.literal("all"), list]);
const texts = z.array(z.string());
const listOf = <Item extends z.ZodType>(item: Item) =>
  atMost(1_000, z.array(item).min(1).max(1_000));

const ENTRUST_IDS = "The cases: their `entrust_id`, or `all`";
const VENDORS = "The vendors by name, or `all`";
const ROOTS = "The folders that sources must lie below, or `all`";

/**
 * What somebody's role is limited to. An import is within a scope if its entrust_id and every folder's
 * vendor are; an import without an entrust_id is for those alone whose scope has all entrust_ids.
 */
export const scope = z
  .object({
    entrust_ids: allOr(texts).describe(ENTRUST_IDS),
    vendors: allOr(texts).describe(VENDORS),
    roots: allOr(texts).describe(ROOTS),
  })
  .meta({ id: "Scope" });
export type Scope = z.output<typeof scope>;

/**
 * A scope that somebody asks for or claims, which is checked. A response can't be made by this schema:
 * it counts lists before it reads them, and that has no way back.
 */
export const scopeRequest = z.strictObject({
  entrust_ids: allOr(listOf(plainWord(200))).describe(ENTRUST_IDS),
  vendors: allOr(listOf(plainWord(64))).describe(VENDORS),
  roots: allOr(listOf(anyPath(4_096))).describe(ROOTS),
});

/** The scope of those who aren't limited. */
export const everything: Scope = { entrust_ids: "all", vendors: "all", roots: "all" };

/** Returns whether a scope has no limit at all. */
export function isUnscoped({ entrust_ids, vendors, roots }: Scope): boolean {
  return [entrust_ids, vendors, roots].every((limit) => limit === "all");
}

/** Returns whether a limit of a scope has something in it. */
export function isListed(limit: "all" | readonly string[], item: string | undefined): boolean {
  return limit === "all" || (item !== undefined && limit.includes(item));
}
