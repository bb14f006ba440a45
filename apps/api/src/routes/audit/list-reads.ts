import { evidenceReadPage, evidenceReadQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

export const listReads = action(
  {
    operationId: "listReads",
    summary: "List who read which lists of evidence, and when",
    description:
      "Files, folders and incidents of imports, folders of cases and suits, exports, and the logs of jobs in Bull Board: each the first time in an hour. Everything that is given has to match.",
    tags: ["access"],
    querystring: evidenceReadQuery.strict(),
    response: { 200: evidenceReadPage, ...failures },
  },
  ({ audit }) =>
    async (request) =>
      audit.reads(request.query),
  { unscoped: true },
);
