import { plainText, UNNAMED_ACTOR } from "@exhibit/contracts";
import { z } from "zod";

/** Longer names are none. */
const LONGEST_NAME = 200;

/** The headers of an action that is put on the record; the others are as they came. */
export const actorHeaders = z.looseObject({
  "x-exhibit-actor": z
    .string()
    .transform(decoded)
    .pipe(z.string().trim().pipe(plainText(LONGEST_NAME)))
    .optional()
    .describe(
      `Who asks for it, for the record; percent-encoded UTF-8. Absent: \`${UNNAMED_ACTOR}\`. It is believed: let a proxy set it.`,
    ),
});

export function actorOf(headers: z.output<typeof actorHeaders>): string {
  return headers["x-exhibit-actor"] || UNNAMED_ACTOR;
}

/** A header can't carry every name as it is; one that wasn't encoded is taken as it came. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
