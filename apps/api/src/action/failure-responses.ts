import { errorAnswer } from "@exhibit/contracts";

/** The error responses, for every action's schema. */
export const failures = {
  "4xx": errorAnswer.describe("The request can't be carried out"),
  "5xx": errorAnswer.describe("A service is down, or something went wrong"),
} as const;
