import { failureGroups, failureGroupsQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

export const listFailures = action(
  {
    operationId: "groupFailures",
    summary: "What fails over all imports, in groups",
    description:
      "Files that failed, or are waiting to be tried again by themselves, sources that couldn't be walked, and imports whose totals are wrong, in the imports that can still be acted on: not in those that are sealed or cancelled.",
    tags: ["imports"],
    querystring: failureGroupsQuery.strict(),
    response: { 200: failureGroups, ...failures },
  },
  ({ importsOf }) =>
    (request) =>
      importsOf(request).failures(request.query),
  { isPolled: true, evidence: "files" },
);
