import { errorGroupsQuery, failureGroups } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const listErrors = action(
  {
    operationId: "groupErrors",
    summary: "What failed in an import, in groups",
    description:
      "Files that failed, or are waiting to be tried again by themselves, sources that couldn't be walked, and wrong totals; waived files aren't among them.",
    tags: ["imports"],
    params: importParams,
    querystring: errorGroupsQuery.strict(),
    response: { 200: failureGroups, ...failures },
  },
  ({ importsOf }) =>
    (request) =>
      importsOf(request).errors(request.params.id, request.query),
  { isPolled: true, evidence: "files" },
);
