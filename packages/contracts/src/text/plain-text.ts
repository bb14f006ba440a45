import { z } from "zod";
import { unseenIn } from "./visible.ts";

/**
 * Returns the schema of an untrusted text, such as an id, a reason or a name, of at most so many
 * characters. It has no character that can't be displayed, or that Postgres can't store.
 */
export function plainText(longest: number) {
  return z.string().max(longest).refine(isVisible, { error: tellUnseen });
}

/** Returns the same schema for a text that is trimmed and not empty. */
export function plainWord(longest: number) {
  return z.string().trim().min(1).max(longest).refine(isVisible, { error: tellUnseen });
}

/**
 * Returns the schema of a file system path. It may contain what names may, even line breaks, so
 * that everything can be imported; these are made visible wherever the path is displayed.
 */
export function anyPath(longest: number) {
  return z.string().min(1).max(longest).refine(isKeepable, { error: tellUnseen });
}

/** Returns whether Postgres can store a text unchanged: no NUL, no lone surrogate. */
export function isKeepable(given: string): boolean {
  return given.isWellFormed() && !given.includes("\0");
}

function isVisible(given: string): boolean {
  return unseenIn(given) === undefined;
}

function tellUnseen({ input }: { input?: unknown }): string {
  return `it contains a character that can't be displayed (${unseenIn(String(input))})`;
}
