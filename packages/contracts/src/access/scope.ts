import { z } from "zod";
import { atMost } from "../at-most.ts";
import { anyPath, plainWord } from "../text/plain-text.ts";

const allOr = <Item extends z.ZodType>(item: Item) =>
  z.union([z.literal("all"), atMost(1_000, z.array(item).min(1).max(1_000))]);

/**
 * What somebody's role is limited to. An import is within a scope if its entrust_id and every folder's
 * vendor are; an import without an entrust_id is for those alone whose scope has all entrust_ids.
 */
export const scope = z
  .object({
    entrust_ids: allOr(plainWord(200)).describe("The cases: their `entrust_id`, or `all`"),
    vendors: allOr(plainWord(64)).describe("The vendors by name, or `all`"),
    roots: allOr(anyPath(4_096)).describe("The folders that sources must lie below, or `all`"),
  })
  .meta({ id: "Scope" });
export type Scope = z.output<typeof scope>;

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
