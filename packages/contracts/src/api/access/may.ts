import { z } from "zod";

/** What whoever asks may do, by the names of operations. It is left out where an answer is the same for all. */
export const may = z
  .array(z.string())
  .optional()
  .describe(
    "What you may do with it as it is now, by `operationId`. Event streams, which are the same for all who follow, leave it out",
  );
