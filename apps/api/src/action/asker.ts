import type { Asker } from "@exhibit/ingest";
import type { FastifyReply, FastifyRequest } from "fastify";
import { principalOf } from "../access/principal.ts";

/** Returns who asks the workers by a request, for as long as the connection is open. */
export function askerOf(request: FastifyRequest, reply: FastifyReply): Omit<Asker, "scope"> {
  const gone = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableEnded) gone.abort();
  });
  return { name: principalOf(request).name, signal: gone.signal };
}
