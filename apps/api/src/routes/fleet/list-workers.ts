import { workerList } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

export const listWorkers = action(
  {
    operationId: "listWorkers",
    summary: "List the workers: what they have under way, how fast they are, what they hold",
    description:
      "A worker reports every two seconds. Only somebody whose scope has no limits may see them.",
    tags: ["operations"],
    response: { 200: workerList, ...failures },
  },
  ({ fleetOf }) =>
    async (request) =>
      fleetOf(request).workers(),
  { unscoped: true },
);
