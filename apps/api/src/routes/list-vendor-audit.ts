import { auditPage, pageQuery } from "@exhibit/contracts";
import { action } from "../action.ts";
import { failures } from "../failures.ts";
import { vendorParams } from "../vendor-params.ts";

export const listVendorAudit = action(
  {
    summary: "List the audit events of a vendor: who did what to it, when and why",
    description: "The oldest first.",
    tags: ["operations"],
    params: vendorParams,
    querystring: pageQuery.strict(),
    response: { 200: auditPage, ...failures },
  },
  ({ vendors }) =>
    async (request) =>
      vendors.audit(request.params.vendor, request.query),
);
