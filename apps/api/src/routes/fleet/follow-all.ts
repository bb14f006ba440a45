import { principalOf } from "../../access/principal.ts";
import { action } from "../../action/action.ts";
import { eventStream, lastEventHeaders } from "../../action/event-stream.ts";
import { failures } from "../../action/failure-responses.ts";
import { sendEvents } from "../../progress/send-events.ts";

export const followAll = action(
  {
    operationId: "followAll",
    summary: "Follow everything that you may see (server-sent events)",
    description:
      "Sends `import`, `folder`, `vendor`, `worker` and `worker-gone` with the thing, as the lists have it, each time it has changed, at most once a second for each; a `folder` has its `import_id` besides. It begins with `reset`: read the lists that you show. Events have ids: a client that reconnects with Last-Event-ID, as an EventSource does, is sent what has changed meanwhile, or `reset` again if that isn't known any more. Within a scope these are its imports and vendors, and no workers. The stream ends after about a minute, and is asked for again with the key or session that is valid then.",
    tags: ["operations"],
    headers: lastEventHeaders,
    response: {
      200: eventStream,
      ...failures,
    },
  },
  ({ changes, streams }) =>
    async (request, reply) => {
      const { name, scope } = principalOf(request);
      const events = sendEvents(reply, name, streams, (gone) => {
        const stream = changes.open(scope, request.headers["last-event-id"]);
        if (gone.aborted) stream.destroy();
        gone.addEventListener("abort", () => stream.destroy());
        return stream;
      });
      // Fastify sends a stream unchanged; the schema describes the text that it carries.
      return reply.send(events as unknown as string);
    },
  // HEAD would leave a stream of events running that nobody reads.
  { head: false },
);
