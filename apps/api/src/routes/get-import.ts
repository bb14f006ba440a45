import { importView } from "@exhibit/contracts";
import { action } from "../action.ts";
import { failures } from "../failures.ts";
import { importParams } from "../import-params.ts";

export const getImport = action(
  {
    summary: "Look at an import",
    tags: ["imports"],
    params: importParams,
    response: { 200: importView, ...failures },
  },
  ({ imports }) =>
    async (request) =>
      imports.get(request.params.id),
);
