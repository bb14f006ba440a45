import { foundFilePage, foundFilesQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

export const findFiles = action(
  {
    operationId: "findFiles",
    summary: "Find files by their bytes, in all imports",
    description:
      "By the SHA-256 of what was stored, or found identical, in the order in which it was planned: is this file in evidence, and where?",
    tags: ["imports"],
    querystring: foundFilesQuery.strict(),
    response: { 200: foundFilePage, ...failures },
  },
  ({ importsOf }) =>
    (request) =>
      importsOf(request).findFiles(request.query),
  { isPolled: true, evidence: "files" },
);
