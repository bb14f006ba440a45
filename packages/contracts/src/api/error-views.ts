import { z } from "zod";
import { errorCodes } from "../errors/error-table.ts";

/** What went wrong, as the API shows it. */
export const errorView = z
  .object({
    code: z.enum(errorCodes as [string, ...string[]]),
    message: z.string(),
    remedy: z.string(),
  })
  .meta({ id: "Error" });
export type ErrorView = z.output<typeof errorView>;

/** The body of every response that isn't a success. */
export const errorAnswer = z
  .object({
    error: z.object({
      ...errorView.shape,
      details: z.record(z.string(), z.unknown()),
      trace_id: z.string().optional(),
    }),
  })
  .meta({ id: "ErrorAnswer" });
export type ErrorAnswer = z.output<typeof errorAnswer>;
