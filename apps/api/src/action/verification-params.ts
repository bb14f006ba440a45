import { z } from "zod";

/** The path's `:number`: of a verification. What is no number names none (404). */
export const verificationParams = z.object({
  number: z
    .string()
    .transform((text) => (/^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0))
    .describe("The verification's `number`"),
});
