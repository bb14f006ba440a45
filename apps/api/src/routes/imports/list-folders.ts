import { folderPage, pageQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const listFolders = action(
  {
    operationId: "listFolders",
    summary: "List an import's folders",
    tags: ["imports"],
    params: importParams,
    querystring: pageQuery.strict(),
    response: { 200: folderPage, ...failures },
  },
  ({ importsOf }) =>
    async (request) =>
      importsOf(request).folders(request.params.id, request.query),
  { isPolled: true, evidence: "folders" },
);
