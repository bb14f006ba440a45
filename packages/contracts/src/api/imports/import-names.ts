import { z } from "zod";
import { plainWord } from "../../text/plain-text.ts";
import { moment } from "../moment.ts";

/** What people call an import. */
export const title = plainWord(200);

/** Labels that an import has at most. */
export const MAX_LABELS = 20;

const labelKey = plainWord(64).refine((key) => !key.includes(":") && key !== "__proto__", {
  error: "a label's key has no colon, and isn't __proto__",
});
const labelValue = plainWord(200);
const tooMany = { error: `there are ${MAX_LABELS} labels at most` };

/** What people file an import under, by key. */
export const labels = z
  .record(labelKey, labelValue)
  .refine((given) => Object.keys(given).length <= MAX_LABELS, tooMany);
export type Labels = z.output<typeof labels>;

/** Labels to set, and by null to remove; others stay. */
export const labelChanges = z
  .record(labelKey, labelValue.nullable())
  .refine((given) => Object.keys(given).length <= 2 * MAX_LABELS, tooMany);

/** A label as text, `key:value`; the value may have colons. */
export const labelText = z
  .string()
  .includes(":", { error: "a label is key:value" })
  .transform((text) => [text.slice(0, text.indexOf(":")), text.slice(text.indexOf(":") + 1)])
  .pipe(z.tuple([labelKey, labelValue]));

/** Days ahead that an import may be scheduled. */
const MAX_DAYS_AHEAD = 366;

/** When an import is to start. A time that is over means at once, so that a request can be repeated. */
export const startAt = moment.refine(
  (text) => Date.parse(text) <= Date.now() + MAX_DAYS_AHEAD * 24 * 60 * 60 * 1000,
  {
    error: `it is more than ${MAX_DAYS_AHEAD} days ahead`,
  },
);

/** How soon an import is to be done, compared with the others. */
export const priorities = ["urgent", "normal", "bulk"] as const;
export const priority = z
  .enum(priorities)
  .describe(
    "`urgent` gets four turns where `normal` gets one, and `bulk` gets one where `normal` gets four: it is slow, but never stopped",
  );
export type Priority = z.output<typeof priority>;
