import type { Mutant } from "./list.ts";

/** Returns a file's text with the fault in it. The text that it replaces has to be there exactly once. */
export function planted(text: string, { file, from, to }: Mutant): string {
  const parts = text.split(from);
  if (parts.length !== 2) {
    throw new Error(`${file} has ${parts.length - 1} times, not once: ${from}`);
  }
  return parts.join(to);
}
