/**
 * Characters that a terminal would act on instead of showing them, or that change the order of
 * text: control characters (C0, DEL, C1), line breaks, bidirectional controls, and lone surrogates.
 */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/u;
const EACH_UNSEEN = new RegExp(UNSEEN, "gu");

/**
 * Returns the first character that can't be displayed, such as `U+001B`; undefined if there is
 * none.
 */
export function unseenIn(text: string): string | undefined {
  const [character] = UNSEEN.exec(text) ?? [];
  return character && `U+${hexOf(character).toUpperCase().padStart(4, "0")}`;
}

/**
 * Returns an untrusted text as one line that can be displayed anywhere: characters that can't
 * become `\u{1b}`. A file's name must not move a cursor, set a window's title, or forge a line of a
 * report. Other texts, and results of this function, stay unchanged.
 */
export function visible(text: string): string {
  return text.replace(EACH_UNSEEN, (character) => `\\u{${hexOf(character)}}`);
}

/** Does the same for a text of several lines, and keeps the lines. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

/** Makes JSON text on one line displayable; its value stays the same. */
export function visibleJson(json: string): string {
  return json.replace(EACH_UNSEEN, (character) => `\\u${hexOf(character).padStart(4, "0")}`);
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}
