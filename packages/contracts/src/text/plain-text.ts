import { z } from "zod";
import { unseenIn } from "./visible.ts";

/**
 * A text that somebody gives us, of at most so many characters: an id, a reason, a name. It holds nothing that can't be
 * shown, in our lists and in everybody's terminal, and nothing that Postgres can't keep.
 */
export function plainText(longest: number) {
  return z.string().max(longest).refine(isVisible, { error: tellUnseen });
}

/** The same, without the space around it, of which something has to be left. */
export function plainWord(longest: number) {
  return z.string().trim().min(1).max(longest).refine(isVisible, { error: tellUnseen });
}

/**
 * A path of a file system. It may hold whatever a name may, line breaks too, so that everything can be imported; wherever it
 * is shown, that is made visible.
 */
export function anyPath(longest: number) {
  return z.string().min(1).max(longest).refine(isKeepable, { error: tellUnseen });
}

/** Whether it can be given to Postgres, and means one thing only: no NUL, no half of a surrogate pair. */
export function isKeepable(given: string): boolean {
  return given.isWellFormed() && !given.includes("\0");
}

function isVisible(given: string): boolean {
  return unseenIn(given) === undefined;
}

function tellUnseen({ input }: { input?: unknown }): string {
  return `it holds a character that can't be shown (${unseenIn(String(input))})`;
}
