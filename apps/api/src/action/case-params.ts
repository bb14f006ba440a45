import { z } from "zod";

/** The path's `:entrust_id`. It is plain text, so that one of another form is an unknown case (404). */
export const caseParams = z.object({
  entrust_id: z.string().describe("The mandate to a firm or lawyer, percent-encoded"),
});

/** The path's `:suit_id`. */
export const suitParams = z.object({ suit_id: z.string().describe("The suit, percent-encoded") });
