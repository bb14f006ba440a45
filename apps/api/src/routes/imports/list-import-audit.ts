import { auditPage, auditQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";

export const listImportAudit = action(
  {
    operationId: "listImportAudit",
    summary: "List the audit events of an import: who did what to it, when and why",
    description:
      "A press of a button in Bull Board is recorded as `board`; what its job then does to the import is done by `queue`.",
    tags: ["imports"],
    params: importParams,
    querystring: auditQuery.strict(),
    response: { 200: auditPage, ...failures },
  },
  ({ importsOf }) =>
    async (request) =>
      importsOf(request).audit(request.params.id, request.query),
);
