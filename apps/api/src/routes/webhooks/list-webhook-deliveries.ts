import { deliveryPage, pageQuery } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { webhookParams } from "../../action/webhook-params.ts";

export const listWebhookDeliveries = action(
  {
    operationId: "listWebhookDeliveries",
    summary: "List what a webhook was told",
    description: "The latest first, for 30 days.",
    tags: ["webhooks"],
    params: webhookParams,
    querystring: pageQuery.strict(),
    response: { 200: deliveryPage, ...failures },
  },
  ({ webhooksOf }) =>
    async (request) =>
      webhooksOf(request).deliveries(request.params.id, request.query),
);
