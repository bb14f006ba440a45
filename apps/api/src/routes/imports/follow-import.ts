import { Readable } from "node:stream";
import type { ImportView } from "@exhibit/contracts";
import { z } from "zod";
import { principalOf } from "../../access/principal.ts";
import { action } from "../../action/action.ts";
import { eventStream, lastEventHeaders } from "../../action/event-stream.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";
import { eventsOf, hasSeenEnd } from "../../progress/progress-events.ts";
import { sendEvents } from "../../progress/send-events.ts";
import { createSharedReads } from "../../progress/shared-reads.ts";

export const followImport = action(
  {
    operationId: "followImport",
    summary: "Follow an import (server-sent events)",
    description:
      "Sends `progress` with the import each time it has changed, and `end` with the import when nothing runs any more. Then the stream ends: close the EventSource when you receive `end`. An event's id stands for what it says: a client that reconnects with Last-Event-ID, as an EventSource does, is sent nothing twice.",
    tags: ["imports"],
    params: importParams,
    headers: lastEventHeaders,
    response: {
      200: eventStream,
      204: z.undefined().describe("The client has received everything, up to `end`"),
      ...failures,
    },
  },
  ({ importsOf, progress, streams }) => {
    // A crowd that comes at once, as after a restart, reads an import once for each scope.
    const shared = createSharedReads<ImportView>();
    return async (request, reply) => {
      const { id } = request.params;
      const { name, scope } = principalOf(request);
      const read = () => importsOf(request).get(id);
      const first = await shared(JSON.stringify([scope, id]), read);
      // Whoever has read the import may send its entity tag, which also says what they may do.
      const lastId = request.headers["last-event-id"]?.replace(/\.(?!end$).*$/, "");
      // An EventSource that is answered so doesn't connect again.
      if (hasSeenEnd(first, lastId)) return reply.code(204).send(undefined);
      const events = sendEvents(reply, name, streams, (gone) =>
        Readable.from(eventsOf(progress.follow(first, gone), lastId)),
      );
      // Fastify sends a stream unchanged; the schema describes the text that it carries.
      return reply.send(events as unknown as string);
    };
  },
  // HEAD would leave a stream of events running that nobody reads.
  { head: false },
);
