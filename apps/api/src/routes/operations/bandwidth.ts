import { bandwidthRequest, bandwidthView } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { actorHeaders, actorOf } from "../../action/actor.ts";
import { failures } from "../../action/failure-responses.ts";

export const readBandwidth = action(
  {
    summary: "Show the bandwidth limit, and what it allows now",
    description:
      "It holds for all workers of the ledger together; each of them takes an equal share.",
    tags: ["operations"],
    response: { 200: bandwidthView, ...failures },
  },
  ({ bandwidth }) =>
    async () =>
      bandwidth.get(),
);

export const setBandwidth = action(
  {
    summary: "Limit the bandwidth of all workers together",
    description:
      "In force everywhere within five seconds, also for what is being sent; `off` takes the limit away.",
    tags: ["operations"],
    headers: actorHeaders,
    body: bandwidthRequest,
    response: { 200: bandwidthView, ...failures },
  },
  ({ bandwidth }) =>
    async (request) =>
      bandwidth.set(request.body, actorOf(request.headers)),
);
