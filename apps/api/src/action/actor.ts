import { plainText, UNNAMED_ACTOR } from "@exhibit/contracts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { principalOf } from "../http/principal.ts";

/** Characters in an actor's name at most. */
const LONGEST_NAME = 200;

/** The headers of an action that is recorded in the audit log; other headers stay as they are. */
export const actorHeaders = z.looseObject({
  "x-exhibit-actor": z
    .string()
    .transform(decoded)
    .pipe(z.string().trim().pipe(plainText(LONGEST_NAME)))
    .optional()
    .describe(
      `Who acts, for the audit log; percent-encoded UTF-8. Default: \`${UNNAMED_ACTOR}\`. The API doesn't verify it: let a proxy set it.`,
    ),
});

/** Returns who acts, for the audit log. Only those who may act for others are believed to do so. */
export function actorOf(request: FastifyRequest): string {
  const { mayNameOthers } = principalOf(request);
  const named = (request.headers as z.output<typeof actorHeaders>)["x-exhibit-actor"];
  return (mayNameOthers && named) || UNNAMED_ACTOR;
}

/** A header can't carry every name unencoded. A name that isn't encoded is used as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
