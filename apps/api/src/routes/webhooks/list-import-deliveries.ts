import { deliveryPage, pageQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const listImportDeliveries = action(
  {
    operationId: "listImportDeliveries",
    summary: "List what webhooks were told of an import",
    description:
      "The latest first, for 30 days: what your webhooks were told, and with the role `ops` what all were.",
    tags: ["webhooks"],
    params: importParams,
    querystring: pageQuery.strict(),
    response: { 200: deliveryPage, ...failures },
  },
  ({ webhooksOf }) =>
    async (request) =>
      webhooksOf(request).ofImport(request.params.id, request.query),
);
