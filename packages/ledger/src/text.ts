/** A text of somebody else's, as Postgres can keep it: it takes every character but NUL. */
export function storable(text: string): string {
  return text.replaceAll("\0", "");
}
