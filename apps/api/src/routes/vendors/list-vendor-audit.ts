import { auditPage, auditQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { vendorParams } from "../../action/vendor-params.ts";

export const listVendorAudit = action(
  {
    operationId: "listVendorAudit",
    summary: "List the audit events of a vendor: who did what to it, when and why",
    tags: ["operations"],
    params: vendorParams,
    querystring: auditQuery.strict(),
    response: { 200: auditPage, ...failures },
  },
  ({ vendorsOf }) =>
    async (request) =>
      vendorsOf(request).audit(request.params.vendor, request.query),
);
