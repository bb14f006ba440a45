/**
 * What a terminal would carry out instead of showing it, or what would have text read in another order than it has: control
 * characters (C0, DEL, C1), line breaks, marks that turn the direction of writing, and halves of surrogate pairs.
 */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/u;
const EACH_UNSEEN = new RegExp(UNSEEN, "gu");

/** The first character of a text that can't be shown, as `U+001B`; undefined if there is none. */
export function unseenIn(text: string): string | undefined {
  const [character] = UNSEEN.exec(text) ?? [];
  return character && `U+${hexOf(character).toUpperCase().padStart(4, "0")}`;
}

/**
 * A text of somebody else's as one line that can be shown anywhere: what can't be shown becomes `\u{1b}`. Whoever names a
 * file must not be able to move a cursor, set a window's title, or forge a line of a report. Texts without such characters,
 * and those that have been through it, stay as they are.
 */
export function visible(text: string): string {
  return text.replace(EACH_UNSEEN, (character) => `\\u{${hexOf(character)}}`);
}

/** The same for a text of several lines; they stay lines. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

/** The text of a JSON value, without line breaks between its parts, so that it can be shown; the value stays the same. */
export function visibleJson(json: string): string {
  return json.replace(EACH_UNSEEN, (character) => `\\u${hexOf(character).padStart(4, "0")}`);
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}
