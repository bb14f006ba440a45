import { errorAnswer } from "@exhibit/contracts";

/** The answers that aren't a success, for every action's schema. */
export const failures = {
  "4xx": errorAnswer.describe("The request can't be carried out"),
  "5xx": errorAnswer.describe("Something is down or went wrong"),
} as const;
