import { incidentPage, pageQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const listIncidents = action(
  {
    operationId: "listIncidents",
    summary: "List the integrity incidents of an import's files",
    description:
      "Bytes that arrived damaged and were sent again, sources that changed, objects with other bytes, and leases that led elsewhere; the oldest first, also for files that were stored in the end.",
    tags: ["imports"],
    params: importParams,
    querystring: pageQuery.strict(),
    response: { 200: incidentPage, ...failures },
  },
  ({ importsOf }) =>
    async (request) =>
      importsOf(request).incidents(request.params.id, request.query),
  { evidence: "incidents" },
);
