import { incidentPage, pageQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const listIncidents = action(
  {
    summary: "List what touched the integrity of an import's files",
    description:
      "Bytes that arrived damaged and were sent again, a source that changed, an object with other bytes, a lease that led elsewhere: in that order, and also of files that were stored in the end.",
    tags: ["imports"],
    params: importParams,
    querystring: pageQuery.strict(),
    response: { 200: incidentPage, ...failures },
  },
  ({ imports }) =>
    async (request) =>
      imports.incidents(request.params.id, request.query),
);
