import { findingPage, pageQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { verificationParams } from "../../action/verification-params.ts";

export const listFindings = action(
  {
    operationId: "listFindings",
    summary: "List what a verification found to be otherwise",
    description: "What is the same is only a number of the verification.",
    tags: ["custody"],
    params: verificationParams,
    querystring: pageQuery.strict(),
    response: { 200: findingPage, ...failures },
  },
  ({ sealsOf }) =>
    async (request) =>
      sealsOf(request).findings(request.params.number, request.query),
  { isPolled: true, evidence: "findings" },
);
