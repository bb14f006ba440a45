import { sourceFolders, sourceQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { askerOf } from "../../action/asker.ts";
import { failures } from "../../action/failure-responses.ts";

export const listSourceFolders = action(
  {
    operationId: "listSourceFolders",
    summary: "List the folders that an import may name as its source",
    description:
      "The folders right below `path`, by name, with how much is right in each and when it was last imported. A worker looks; symbolic links aren't followed and aren't listed.",
    tags: ["imports"],
    querystring: sourceQuery,
    response: { 200: sourceFolders, ...failures },
  },
  ({ foldersOf }) =>
    async (request, reply) =>
      foldersOf(request).list(request.query, askerOf(request, reply)),
  { head: false, evidence: "sources" },
);
