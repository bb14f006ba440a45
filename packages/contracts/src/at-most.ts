import { z } from "zod";

/**
 * Returns the schema of a list, or of an object with any keys, whose entries are counted before any of
 * them is checked: checking four hundred thousand of them one by one, only to find that they are too
 * many, would keep everybody else waiting for seconds.
 */
export function atMost<Schema extends z.ZodArray | z.ZodRecord>(most: number, schema: Schema) {
  return z.preprocess((given, context) => {
    if (countOf(given) <= most) return given;
    const origin = Array.isArray(given) ? "array" : "record";
    context.addIssue({ code: "too_big", origin, maximum: most, inclusive: true, input: undefined });
    return z.NEVER;
  }, schema);
}

function countOf(given: unknown): number {
  if (Array.isArray(given)) return given.length;
  return typeof given === "object" && given !== null ? Object.keys(given).length : 0;
}
