import { pageQuery, webhookPage } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";

export const listWebhooks = action(
  {
    operationId: "listWebhooks",
    summary: "List your webhooks",
    description: "The oldest first. Those of others aren't there, whoever asks.",
    tags: ["webhooks"],
    querystring: pageQuery.strict(),
    response: { 200: webhookPage, ...failures },
  },
  ({ webhooksOf, may }) =>
    async (request) => {
      const page = await webhooksOf(request).list(request.query);
      return { ...page, items: page.items.map(may.ofWebhooks(request)) };
    },
  // Addresses may hold secrets of their receivers.
  { isSecret: true },
);
