import { casePage, caseQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

export const listCases = action(
  {
    operationId: "listCases",
    summary: "List the cases, and which of them are complete",
    description:
      "In the order of their `entrust_id`. Imports without one are in no case: `GET /v1/suits/{suit_id}` finds them.",
    tags: ["cases"],
    querystring: caseQuery.strict(),
    response: { 200: casePage, ...failures },
  },
  ({ casesOf }) =>
    (request) =>
      casesOf(request).list(request.query),
);
