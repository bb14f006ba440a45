// The driver turns arrays into text, too, but searches each element for what it has to escape.

/**
 * Returns a Postgres array literal of elements that need no quotes in it: numbers, hexadecimal
 * digits, our own words.
 */
export function plainArray(values: readonly (string | number | null | undefined)[]): string {
  return `{${values.map((value) => value ?? "NULL").join()}}`;
}

/** Returns a Postgres array literal of any texts. */
export function textArray(values: readonly (string | null | undefined)[]): string {
  return plainArray(values.map((value) => (typeof value === "string" ? quoted(value) : value)));
}

/** Returns a Postgres array literal of `bytea`, from hexadecimal digits. */
export function bytesArray(values: readonly (string | null | undefined)[]): string {
  // Within an array, a backslash is written twice.
  return plainArray(values.map((hex) => (typeof hex === "string" ? `\\\\x${hex}` : hex)));
}

function quoted(text: string): string {
  return `"${/["\\]/.test(text) ? text.replaceAll(/["\\]/g, "\\$&") : text}"`;
}
