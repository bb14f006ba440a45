import { queueList } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

export const listQueues = action(
  {
    operationId: "listQueues",
    summary: "List the queues: how many jobs wait, run, come again or failed, and since when",
    description:
      "Jobs are of all imports, so only somebody whose scope has no limits may see them.",
    tags: ["operations"],
    response: { 200: queueList, ...failures },
  },
  ({ fleetOf }) =>
    async (request) =>
      fleetOf(request).queues(),
  { isPolled: true, unscoped: true },
);
