import { leaseList } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { vendorParams } from "../../action/vendor-params.ts";

export const listLeases = action(
  {
    operationId: "listLeases",
    summary: "List a vendor's leases: what they open, until when, and which workers hold them",
    description:
      "Each worker tells of those it holds every two seconds, a hundred at most. Credentials are in no answer. Within a scope these are the leases that open nothing but folders of its imports, and `held_by` is left out.",
    tags: ["operations"],
    params: vendorParams,
    response: { 200: leaseList, ...failures },
  },
  ({ vendorsOf }) =>
    async (request) =>
      vendorsOf(request).leases(request.params.vendor),
  { isPolled: true },
);
