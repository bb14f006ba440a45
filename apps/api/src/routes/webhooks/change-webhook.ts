import { changeWebhookRequest, webhookView } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { webhookParams } from "../../action/webhook-params.ts";

export const changeWebhook = action(
  {
    operationId: "changeWebhook",
    summary: "Change a webhook, or switch it off or on",
    description:
      "What isn't named stays. One that is switched on begins anew: what failed before isn't held against it. Its address never changes: make another.",
    tags: ["webhooks"],
    params: webhookParams,
    body: changeWebhookRequest,
    response: { 200: webhookView, ...failures },
  },
  ({ webhooksOf, may }) =>
    async (request) =>
      may.ofWebhooks(request)(await webhooksOf(request).change(request.params.id, request.body)),
);
