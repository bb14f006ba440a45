// The driver makes an array a text as well, but looks through each element for what has to be escaped.

/** An array as Postgres reads it, of elements that mean nothing else in it: numbers, hexadecimal digits, our own words. */
export function plainArray(values: readonly (string | number | null | undefined)[]): string {
  return `{${values.map((value) => value ?? "NULL").join()}}`;
}

/** An array as Postgres reads it, of any texts. */
export function textArray(values: readonly (string | null | undefined)[]): string {
  return plainArray(values.map((value) => (typeof value === "string" ? quoted(value) : value)));
}

/** An array as Postgres reads it, of bytes in hexadecimal digits. */
export function bytesArray(values: readonly (string | null | undefined)[]): string {
  // Within an array, a backslash is written as two.
  return plainArray(values.map((hex) => (typeof hex === "string" ? `\\\\x${hex}` : hex)));
}

function quoted(text: string): string {
  return `"${/["\\]/.test(text) ? text.replaceAll(/["\\]/g, "\\$&") : text}"`;
}
