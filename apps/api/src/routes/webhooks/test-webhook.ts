import { deliveryView, webhookActRequest } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { webhookParams } from "../../action/webhook-params.ts";

export const testWebhook = action(
  {
    operationId: "testWebhook",
    summary: "Send a webhook a test",
    description:
      "The event `webhook.test` goes the way of all others: `GET /v1/deliveries/{id}` tells what became of it.",
    tags: ["webhooks"],
    params: webhookParams,
    body: webhookActRequest.nullish(),
    response: { 202: deliveryView, ...failures },
  },
  ({ webhooksOf }) =>
    async (request, reply) => {
      const delivery = await webhooksOf(request).test(request.params.id, request.body ?? {});
      return reply.code(202).send(delivery);
    },
);
