import { deliveryView } from "@exhibit/contracts";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { deliveryParams } from "../../action/webhook-params.ts";

export const getDelivery = action(
  {
    operationId: "getDelivery",
    summary: "Tell what became of one event on its way to one webhook",
    tags: ["webhooks"],
    params: deliveryParams,
    response: { 200: deliveryView, ...failures },
  },
  ({ webhooksOf }) =>
    async (request) =>
      webhooksOf(request).delivery(request.params.id),
);
