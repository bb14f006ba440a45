import { z } from "zod";
import { plainText } from "../text/plain-text.ts";

/** Returns the schema of one page of a list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z
      .string()
      .nullable()
      .describe("Pass it as `after` to get the next page; null on the last page"),
  });
}

/** Returns the schema of a parameter that may be repeated. */
export function repeatable<Item extends z.ZodType<unknown, string>>(item: Item) {
  return z
    .union([z.string(), z.array(z.string()).max(MAX_REPEATED)])
    .transform((given) => [given].flat())
    .pipe(z.array(item));
}

/** Returns the schema of a parameter that names some of these values, separated by commas. */
export function among<const Value extends string>(values: readonly Value[]) {
  return z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(values)));
}

/** How often a parameter may be repeated. */
const MAX_REPEATED = 20;

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  after: plainText(8192).optional().describe("`next` of the previous page"),
});
