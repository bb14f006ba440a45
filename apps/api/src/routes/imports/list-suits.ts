import { pageQuery, suitPage } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const listSuits = action(
  {
    operationId: "listSuits",
    summary: "List all suits of an import",
    tags: ["imports"],
    params: importParams,
    querystring: pageQuery.strict(),
    response: { 200: suitPage, ...failures },
  },
  ({ importsOf }) =>
    async (request) =>
      importsOf(request).suits(request.params.id, request.query),
);
