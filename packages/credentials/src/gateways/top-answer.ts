import { z } from "zod";

/**
 * Returns the name of an answer's envelope: dots become underscores, `_response` is appended, and a
 * leading `taobao.` is dropped (other leading words stay).
 */
export function envelopeName(method: string): string {
  return `${method.replace(/^taobao\./, "").replaceAll(".", "_")}_response`;
}

/** Returns an answer without its envelope, which the gateway leaves out with `simplify=true`. */
export function withoutEnvelope(answer: Record<string, unknown>, method: string): unknown {
  const name = envelopeName(method);
  return Object.hasOwn(answer, name) ? answer[name] : answer;
}

/**
 * A list in any of the gateway's forms: `[…]`, `{"inner":[…]}`, `{"inner":{…}}`, `{}`, or absent.
 */
export function topList<Item extends z.ZodType>(item: Item) {
  return z.preprocess(unwrapList, z.array(item));
}

/** A text; some back ends send a number where the document says String. */
const topText = z.union([z.string(), z.number().transform(String)]);

/** A text that may be missing, null or empty: all of these become undefined. */
export const topOptionalText = z.preprocess(
  (value) => (value === null || value === "" ? undefined : value),
  topText.optional(),
);

/** A boolean, or the text that some back ends send instead. */
export const topBoolean = z.preprocess(
  (value) => (value === "true" ? true : value === "false" ? false : value),
  z.boolean(),
);

function unwrapList(value: unknown): unknown {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) || typeof value !== "object") return value;
  const inner = Object.values(value);
  if (inner.length === 0) return [];
  // An object with more than one key isn't a wrapper; the array check that follows reports it.
  return inner.length === 1 ? itemsOf(inner[0]) : value;
}

function itemsOf(inner: unknown): unknown {
  if (Array.isArray(inner)) return inner;
  if (inner === undefined || inner === null) return [];
  const isEmpty = typeof inner === "object" && Object.keys(inner).length === 0;
  return isEmpty ? [] : [inner];
}
