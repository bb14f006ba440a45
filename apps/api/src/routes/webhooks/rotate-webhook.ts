import { newWebhook, rotateWebhookRequest } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { unstored } from "../../action/key-maker.ts";
import { webhookParams } from "../../action/webhook-params.ts";

export const rotateWebhook = action(
  {
    operationId: "rotateWebhook",
    summary: "Give a webhook a new secret",
    description:
      "The new secret is in this answer and nowhere else. For `old_valid_hours` everything is signed with both, so that the receiver can change over in its own time.",
    tags: ["webhooks"],
    params: webhookParams,
    body: rotateWebhookRequest.nullish(),
    response: { 200: newWebhook, ...failures },
  },
  ({ webhooksOf, may }) =>
    async (request, reply) => {
      const given = request.body ?? rotateWebhookRequest.parse({});
      const rotated = await webhooksOf(request).rotate(request.params.id, given);
      return unstored(reply).send(may.ofWebhooks(request)(rotated));
    },
  { isSecret: true },
);
