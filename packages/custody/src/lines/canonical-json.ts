/** What canonical JSON can be made of. Members that are undefined are left out. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue | undefined };

/**
 * Returns a value as canonical JSON (RFC 8785): members in the order of their names' UTF-16, no
 * white space, numbers and escapes as ECMAScript writes them. So whoever knows the value makes the
 * same bytes. Integers are below 2^53: the largest that all languages read alike.
 */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = value as { readonly [name: string]: JsonValue | undefined };
    const written = Object.keys(members)
      .filter((name) => members[name] !== undefined)
      // Without a function, sort compares UTF-16, as the RFC has it.
      .sort()
      .map((name) => `${JSON.stringify(name)}:${canonicalJson(members[name] as JsonValue)}`);
    return `{${written.join(",")}}`;
  }
  if (typeof value === "number" && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER))
    throw new RangeError(`${value} isn't below 2^53`);
  return JSON.stringify(value);
}
