import { treePage, treeQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { folderParams } from "../../action/import-params.ts";

export const listTree = action(
  {
    operationId: "listTree",
    summary: "List the folders of a folder's source, one level, with what lies below each",
    description:
      "By name. Counting what lies below costs time by its number: about a second for a million entries.",
    tags: ["imports"],
    params: folderParams,
    querystring: treeQuery.strict(),
    response: { 200: treePage, ...failures },
  },
  ({ importsOf }) =>
    (request) =>
      importsOf(request).tree(request.params.id, request.params.folder_id, request.query),
  { isPolled: true, evidence: "folders" },
);
