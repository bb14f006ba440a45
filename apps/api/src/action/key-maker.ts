import type { KeyMaker } from "@exhibit/ingest";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { principalOf } from "../access/principal.ts";
import { actorOf } from "./actor.ts";

/**
 * The path's `:id`. It is plain text, so that an id of another form is an unknown key (404) and not a
 * bad request.
 */
export const keyParams = z.object({
  id: z.string().describe("The key's `key_id`"),
});

/** Returns who acts on keys by a request. */
export function keyMakerOf(request: FastifyRequest): KeyMaker {
  return { principal: principalOf(request), who: actorOf(request) };
}

/** Keeps caches from storing an answer that shows a key. */
export function unstored(reply: FastifyReply): FastifyReply {
  return reply.header("cache-control", "no-store");
}
