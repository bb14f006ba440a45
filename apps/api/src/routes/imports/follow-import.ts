import { Readable } from "node:stream";
import { z } from "zod";
import { action } from "../../action/action.ts";
import { failures } from "../../action/failure-responses.ts";
import { importParams } from "../../action/import-params.ts";
import { eventsOf } from "../../progress/progress-events.ts";

export const followImport = action(
  {
    summary: "Follow an import (server-sent events)",
    description:
      "`progress` with the import each time it changed; `end` with it when nothing runs any more, and then the stream ends: close the EventSource on it.",
    tags: ["imports"],
    params: importParams,
    response: {
      200: { content: { "text/event-stream": { schema: z.string() } }, description: "The events" },
      ...failures,
    },
  },
  ({ imports, progress }) =>
    async (request, reply) => {
      const first = await imports.get(request.params.id);
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const events = Readable.from(eventsOf(progress.follow(first, gone.signal)));
      reply.type("text/event-stream; charset=utf-8").header("cache-control", "no-store");
      // nginx would hold events back until its buffer is full.
      reply.header("x-accel-buffering", "no");
      // Kept alive, a connection whose stream ended while the server closes would hold it up for a minute.
      reply.header("connection", "close");
      // Fastify sends a stream as it is; the schema describes the text that it carries.
      return reply.send(events as unknown as string);
    },
);
