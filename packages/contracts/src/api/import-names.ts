import { z } from "zod";
import { plainWord } from "../text/plain-text.ts";

/** What people call an import. */
export const title = plainWord(200);

/** Labels that an import has at most. */
export const MOST_LABELS = 20;

const labelKey = plainWord(64).refine((key) => !key.includes(":"), {
  error: "a label's key has no colon",
});
const labelValue = plainWord(200);

/** What people file an import under, by key. */
export const labels = z
  .record(labelKey, labelValue)
  .refine((given) => Object.keys(given).length <= MOST_LABELS, {
    error: `there are ${MOST_LABELS} labels at most`,
  });
export type Labels = z.output<typeof labels>;

/** How soon an import is to be done, compared with the others. */
export const priorities = ["urgent", "normal", "bulk"] as const;
export const priority = z
  .enum(priorities)
  .describe(
    "`urgent` gets four turns where `normal` gets one, and `bulk` gets one where `normal` gets four: it is slow, but never stopped",
  );
export type Priority = z.output<typeof priority>;
