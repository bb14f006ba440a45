import { bandwidthRequest, bandwidthView } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";

export const readBandwidth = action(
  {
    operationId: "readBandwidth",
    summary: "Get the bandwidth limit and what it allows now",
    description:
      "The limit applies to all workers of the ledger together; each of them uses an equal share.",
    tags: ["operations"],
    response: { 200: bandwidthView, ...failures },
  },
  ({ bandwidthOf }) =>
    async (request) =>
      bandwidthOf(request).get(),
  { isPolled: true },
);

export const setBandwidth = action(
  {
    operationId: "setBandwidth",
    summary: "Limit the bandwidth of all workers together",
    description:
      "The limit takes effect everywhere within five seconds, also for what is being sent; `off` removes it. Only somebody whose scope has no limits may set it.",
    tags: ["operations"],
    body: bandwidthRequest,
    response: { 200: bandwidthView, ...failures },
  },
  ({ bandwidthOf }) =>
    async (request) =>
      bandwidthOf(request).set(request.body, actorOf(request)),
  {
    unscoped: true,
    again:
      ({ bandwidthOf }) =>
      (request) =>
        bandwidthOf(request).get(),
  },
);
