import { actPage, pageQuery } from "@exhibit/contracts";
import { action } from "../action.ts";
import { failures } from "../failures.ts";
import { vendorParams } from "../vendor-params.ts";

export const listVendorActs = action(
  {
    summary: "List what people did to a vendor: who, when, what and why",
    description: "In that order.",
    tags: ["operations"],
    params: vendorParams,
    querystring: pageQuery.strict(),
    response: { 200: actPage, ...failures },
  },
  ({ vendors }) =>
    async (request) =>
      vendors.acts(request.params.vendor, request.query),
);
