import { z } from "zod";

/** The headers of a request for server-sent events, by which a client goes on where it was cut off. */
export const lastEventHeaders = z.looseObject({
  "last-event-id": z.string().optional().describe("The id of the last event received"),
});

/** The response that carries them. */
export const eventStream = {
  content: { "text/event-stream": { schema: z.string() } },
  description: "The event stream",
};
