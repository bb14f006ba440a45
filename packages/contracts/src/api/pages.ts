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

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  after: plainText(8192).optional().describe("`next` of the previous page"),
});
