import { z } from "zod";
import { type ErrorCode, errorCodes } from "./error-table.ts";

/** An error code in a response. */
export const shownErrorCode = z.enum(errorCodes as [string, ...string[]]).meta({ id: "ErrorCode" });

/** An error code in a request. The message for an unknown code suggests similar ones. */
export const errorCode = z.enum(errorCodes as [ErrorCode, ...ErrorCode[]], {
  // Text of anything else can't always be made: an object in JSON may have a `toString` of its own.
  error: ({ input }) =>
    typeof input === "string" ? noSuchCode(input) : "an error code is expected",
});

// Codes that share this many leading letters count as similar: the first word of a code is its
// kind.
const leastAlike = 4;
const mostNamed = 3;

function noSuchCode(text: string): string {
  const given = text.toUpperCase();
  const alike = errorCodes
    .map((code) => ({
      code,
      rank: code.includes(given) ? given.length : equalLetters(code, given),
    }))
    .filter(({ rank }) => rank >= leastAlike)
    .sort((one, other) => other.rank - one.rank)
    .slice(0, mostNamed)
    .map(({ code }) => code);
  const meant = alike.length === 0 ? "" : ` Did you mean ${alike.join(" or ")}?`;
  return `there is no code ${JSON.stringify(text.slice(0, 40))}.${meant} All of them are in docs/errors.md`;
}

/** Returns how many leading letters two words have in common. */
function equalLetters(one: string, other: string): number {
  let count = 0;
  while (count < one.length && one[count] === other[count]) count += 1;
  return count;
}
