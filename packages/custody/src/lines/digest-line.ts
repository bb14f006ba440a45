const ESCAPED = /[\\\n\r]/g;
const escapes: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r" };

/**
 * Returns the line that `sha256sum` writes for a file, without its end: a name with a backslash, LF
 * or CR has them escaped, and its line begins with a backslash. `sha256sum -c` reads all names.
 */
export function digestLine(digest: string, name: string): string {
  const written = name.replace(ESCAPED, (character) => escapes[character] ?? character);
  return `${written === name ? "" : "\\"}${digest}  ${written}`;
}
