import { webhookActRequest, webhookView } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { webhookParams } from "../../action/webhook-params.ts";

export const removeWebhook = action(
  {
    operationId: "removeWebhook",
    summary: "Remove a webhook",
    description: "Nothing more is sent to it, and its deliveries are gone.",
    tags: ["webhooks"],
    params: webhookParams,
    body: webhookActRequest.nullish(),
    response: { 200: webhookView, ...failures },
  },
  ({ webhooksOf }) =>
    async (request) =>
      webhooksOf(request).remove(request.params.id, request.body ?? {}),
);
