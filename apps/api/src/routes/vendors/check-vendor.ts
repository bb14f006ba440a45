import { vendorCheck, vendorCheckRequest } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { askerOf } from "../../action/asker.ts";
import { failures } from "../../action/failure-responses.ts";
import { vendorParams } from "../../action/vendor-params.ts";

export const checkVendor = action(
  {
    operationId: "checkVendor",
    summary: "Check a vendor, step by step",
    description:
      "A worker asks the vendor for a lease of the folder, also if there is one already or the vendor is paused, and proves it by requests to OSS that change nothing, which also say what else it may do. The response is a success also when a step failed: `passed` and `steps` say how far it got.",
    tags: ["operations"],
    params: vendorParams,
    body: vendorCheckRequest,
    response: { 200: vendorCheck, ...failures },
  },
  ({ vendorsOf }) =>
    async (request, reply) =>
      vendorsOf(request).check(request.params.vendor, request.body, askerOf(request, reply)),
);
