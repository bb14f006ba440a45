import { z } from "zod";

/**
 * The path's `:id`. It is plain text, so that an id of another form is an unknown webhook (404) and
 * not a bad request.
 */
export const webhookParams = z.object({
  id: z.string().describe("The webhook's `webhook_id`"),
});

/** The same of a delivery. */
export const deliveryParams = z.object({
  id: z.string().describe("The delivery's `delivery_id`"),
});
