import { plainText } from "@exhibit/contracts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { principalOf } from "../access/principal.ts";

/** Characters in an actor's name at most. */
const MAX_NAME_LENGTH = 200;

/** The headers of a request that is put on record; other headers stay as they are. */
export const actorHeaders = z.looseObject({
  "x-exhibit-actor": z
    .string()
    .transform(decoded)
    .pipe(z.string().trim().pipe(plainText(MAX_NAME_LENGTH)))
    .optional()
    .describe(
      "On whose behalf the caller acts, for the audit log; percent-encoded UTF-8. It is believed of those only whose key may name others, and recorded beside the caller: `key:portal for alice`.",
    ),
});

/** The headers of a request that changes something, and may be repeated. */
export const keyedHeaders = actorHeaders.extend({
  "idempotency-key": z
    .string()
    .optional()
    .describe(
      "1 to 255 visible ASCII characters, new for each request, such as a UUID. A request that is repeated under the same key within 24 hours is carried out once, and answered as it was the first time.",
    ),
});

/**
 * Returns who acts, for the audit log: the principal, and on whose behalf, if it may say so. The
 * principal's name comes first, so that no other name can be taken for it.
 */
export function actorOf(request: FastifyRequest): string {
  const { name } = principalOf(request);
  const named = (request.headers as z.output<typeof actorHeaders>)["x-exhibit-actor"];
  return isBelieved(request) && named ? `${name} for ${named}` : name;
}

/**
 * Returns whether a request may name on whose behalf it acts. A browser's session never may, whatever its
 * key may: it is one person's, and its pages could say anything.
 */
export function isBelieved(request: FastifyRequest): boolean {
  return principalOf(request).mayNameOthers && request.headers.authorization !== undefined;
}

/** A header can't carry every name unencoded. A name that isn't encoded is used as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
