import { type ExhibitError, visible } from "@exhibit/contracts";

/** Characters of a text among an error's details that are kept. */
const MAX_DETAIL_LENGTH = 500;

/** The file that an error is about has its path in its own row. */
const OWN = "path";

/**
 * Returns an error's details as a column of JSON takes them; null where there are none. Texts of others
 * are cut, and their unprintable characters made visible, as in messages.
 */
export function storableDetails(details: ExhibitError["details"] | undefined): string | null {
  const kept = Object.entries(details ?? {}).flatMap(([name, value]) =>
    name === OWN ? [] : [[name, typeof value === "string" ? shortened(value) : value]],
  );
  return kept.length === 0 ? null : JSON.stringify(Object.fromEntries(kept));
}

function shortened(text: string): string {
  return visible(text.slice(0, MAX_DETAIL_LENGTH).toWellFormed());
}
