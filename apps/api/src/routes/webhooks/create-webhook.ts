import { newWebhook, webhookRequest } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { unstored } from "../../action/key-maker.ts";

export const createWebhook = action(
  {
    operationId: "createWebhook",
    summary: "Make a webhook",
    description:
      "It is told of imports within your scope, as it is when something happens. The secret that signs what it is told is in this answer and nowhere else: it is kept encrypted.",
    tags: ["webhooks"],
    body: webhookRequest,
    response: { 201: newWebhook, ...failures },
  },
  ({ webhooksOf, may }) =>
    async (request, reply) => {
      const made = await webhooksOf(request).create(request.body);
      return unstored(reply).code(201).send(may.ofWebhooks(request)(made));
    },
  { isSecret: true },
);
