import { readFrom } from "./whole-number.ts";

/** The option of an act on failed files that says how many it is meant for. */
export const expectOption = [
  "--expect <number>",
  "how many files it has to be about; if it is another number by now, nothing is done",
  readFrom(0),
] as const;
