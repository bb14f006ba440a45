/** Text that needs no encoding, as most names and ids. */
const PLAIN = /^[\w.~-]*$/;
const PLAIN_KEY = /^[\w.~/-]*$/;

/** Percent-encodes each UTF-8 byte that isn't unreserved (`A-Z a-z 0-9 - . _ ~`), as OSS does. */
function encodePart(text: string): string {
  if (PLAIN.test(text)) return text;
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

/** Returns an object key as it stands in a path, with its slashes. */
export function encodeKey(key: string): string {
  return PLAIN_KEY.test(key) ? key : encodePart(key).replaceAll("%2F", "/");
}

/** Query parameters. An empty value is written as the bare name (`?uploads`). */
export type Query = Readonly<Record<string, string>>;

/** Returns the parameters sorted by encoded name, which is the order that V4 signs. */
export function encodeQuery(query: Query): string {
  const parameters = Object.entries(query);
  if (parameters.length === 0) return "";
  return parameters
    .map(([name, value]) => [encodePart(name), encodePart(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`))
    .join("&");
}
