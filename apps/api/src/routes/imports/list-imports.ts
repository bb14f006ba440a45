import { importPage, importQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

export const listImports = action(
  {
    operationId: "listImports",
    summary: "List imports, the newest first",
    tags: ["imports"],
    // Strict, because a misspelt filter would silently list everything.
    querystring: importQuery.strict(),
    response: { 200: importPage, ...failures },
  },
  ({ importsOf, may }) =>
    async (request) => {
      const page = await importsOf(request).list(request.query);
      return { ...page, items: page.items.map(may.ofImports(request)) };
    },
  { isPolled: true },
);
