/**
 * Returns a function that masks these secrets in a text, the longest first: one may contain
 * another.
 */
export function createRedactor(secrets: readonly (string | undefined)[]): (text: string) => string {
  const known = secrets
    .filter((text) => text !== undefined)
    .toSorted((a, b) => b.length - a.length);
  return (text) => known.reduce((masked, each) => masked.replaceAll(each, "***"), text);
}
