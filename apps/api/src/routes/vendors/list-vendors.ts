import { vendorList } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

export const listVendors = action(
  {
    operationId: "listVendors",
    summary: "List the configured vendors and their state",
    description:
      "The state is that of the whole fleet when leases are shared (Redis and EXHIBIT_LEASE_KEY), and otherwise that of this process.",
    tags: ["operations"],
    response: { 200: vendorList, ...failures },
  },
  ({ vendorsOf, may }) =>
    async (request) => {
      const list = await vendorsOf(request).list();
      return { ...list, items: list.items.map(may.ofVendors(request)) };
    },
  { isPolled: true },
);
