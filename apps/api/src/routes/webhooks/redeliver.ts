import { deliveryView, webhookActRequest } from "@exhibit/contracts";
import type { z } from "zod";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { deliveryParams } from "../../action/webhook-params.ts";

export const redeliver = action(
  {
    operationId: "redeliver",
    summary: "Send an event again",
    description:
      "Whatever became of it before, with all of its tries before it. Its `webhook-id` stays, so that a receiver that has it knows.",
    tags: ["webhooks"],
    params: deliveryParams,
    body: webhookActRequest.nullish(),
    response: { 202: deliveryView, ...failures },
  },
  ({ webhooksOf }) =>
    async (request, reply) => {
      const delivery = await webhooksOf(request).redeliver(request.params.id, request.body ?? {});
      return reply.code(202).send(delivery);
    },
  {
    again:
      ({ webhooksOf }) =>
      (request) =>
        webhooksOf(request).delivery((request.params as z.output<typeof deliveryParams>).id),
  },
);
