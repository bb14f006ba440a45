import { importPage, importQuery } from "@exhibit/contracts";
import { action } from "../action.ts";
import { failures } from "../failures.ts";

export const listImports = action(
  {
    summary: "List imports, the newest first",
    tags: ["imports"],
    // Strict: a misspelt filter would silently list everything.
    querystring: importQuery.strict(),
    response: { 200: importPage, ...failures },
  },
  ({ imports }) =>
    (request) =>
      imports.list(request.query),
);
