import { auditPage, pageQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const listImportAudit = action(
  {
    operationId: "listImportAudit",
    summary: "List the audit events of an import: who did what to it, when and why",
    description:
      "The oldest first. A retry in Bull Board is recorded as done by `queue`, because Bull Board doesn't know the person.",
    tags: ["imports"],
    params: importParams,
    querystring: pageQuery.strict(),
    response: { 200: auditPage, ...failures },
  },
  ({ importsOf }) =>
    async (request) =>
      importsOf(request).audit(request.params.id, request.query),
);
