import { actPage, pageQuery } from "@exhibit/contracts";
import { action } from "../action.ts";
import { failures } from "../failures.ts";
import { importParams } from "../import-params.ts";

export const listActs = action(
  {
    summary: "List what people did to an import: who, when, what and why",
    description:
      "In that order. A job that is retried in Bull Board is the act of `queue`, which doesn't know the person.",
    tags: ["imports"],
    params: importParams,
    querystring: pageQuery.strict(),
    response: { 200: actPage, ...failures },
  },
  ({ imports }) =>
    async (request) =>
      imports.acts(request.params.id, request.query),
);
