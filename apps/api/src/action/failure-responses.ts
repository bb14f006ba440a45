import { PROBLEM_TYPE, problem } from "@exhibit/contracts";

const problemResponse = (description: string) => ({
  content: { [PROBLEM_TYPE]: { schema: problem } },
  description,
});

/** The error responses, for every action's schema. */
export const failures = {
  "4xx": problemResponse("The request can't be carried out"),
  "5xx": problemResponse("A service is down, or something went wrong"),
} as const;
