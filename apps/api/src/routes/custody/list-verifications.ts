import { pageQuery, verificationPage } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const listVerifications = action(
  {
    operationId: "listVerifications",
    summary: "List an import's verifications, the last one first",
    tags: ["custody"],
    params: importParams,
    querystring: pageQuery.strict(),
    response: { 200: verificationPage, ...failures },
  },
  ({ sealsOf }) =>
    async (request) =>
      sealsOf(request).verifications(request.params.id, request.query),
  { isPolled: true },
);
