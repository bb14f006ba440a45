import { auditPage, wholeAuditQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

export const listAudit = action(
  {
    operationId: "listAudit",
    summary: "List what people did to anything: who, what, when and why",
    description:
      "To imports, vendors, keys and the bandwidth limit, and in Bull Board. Everything that is given has to match.",
    tags: ["access"],
    querystring: wholeAuditQuery.strict(),
    response: { 200: auditPage, ...failures },
  },
  ({ audit }) =>
    async (request) =>
      audit.list(request.query),
  { unscoped: true },
);
