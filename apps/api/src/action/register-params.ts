import { z } from "zod";

/** The path's `:number`. It is plain text, so that one of another form is an unknown entry (404). */
export const entryParams = z.object({
  number: z.string().describe("The entry's `number`"),
});

/** The same with an authority. */
export const stampParams = entryParams.extend({
  authority: z.string().describe("As `custody.stamps` names it"),
});

/** Returns an entry's number; 0, which none has, for what isn't one. */
export function numberOf(text: string): number {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0;
}
