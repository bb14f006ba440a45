import { auditPage, auditQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { keyMakerOf, keyParams } from "../../action/key-maker.ts";

export const listKeyAudit = action(
  {
    operationId: "listKeyAudit",
    summary: "List the audit events of a key: who did what to it, when and why",
    tags: ["access"],
    params: keyParams,
    querystring: auditQuery.strict(),
    response: { 200: auditPage, ...failures },
  },
  ({ keys }) =>
    async (request) =>
      keys.audit(request.params.id, request.query, keyMakerOf(request)),
);
