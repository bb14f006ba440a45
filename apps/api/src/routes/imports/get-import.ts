import { importView } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const getImport = action(
  {
    operationId: "getImport",
    summary: "Get an import",
    tags: ["imports"],
    params: importParams,
    response: { 200: importView, ...failures },
  },
  ({ importsOf, may }) =>
    async (request) =>
      may.ofImports(request)(await importsOf(request).get(request.params.id)),
  { isPolled: true },
);
