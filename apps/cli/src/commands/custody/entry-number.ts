import { badUse } from "../../output/exit-codes.ts";

/** Returns the number of an entry of the register that somebody names. Throws a usage error. */
export function entryNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw badUse("NUMBER is an entry's, as exhibit register lists it.");
}
