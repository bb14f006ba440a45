import { filePage, fileQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const listFiles = action(
  {
    operationId: "listFiles",
    summary: "List an import's files, with receipts for those that are stored",
    tags: ["imports"],
    params: importParams,
    querystring: fileQuery.strict(),
    response: { 200: filePage, ...failures },
  },
  ({ importsOf }) =>
    async (request) =>
      importsOf(request).files(request.params.id, request.query),
  { isPolled: true, evidence: "files" },
);
