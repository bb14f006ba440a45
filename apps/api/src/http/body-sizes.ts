import { ExhibitError } from "@exhibit/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Bytes. A body with 10,000 ids of files has a fifth of it. */
export const BODY_LIMIT = 1024 * 1024;

/**
 * Bytes, for routes with large bodies. 10,000 folders have 800 bytes each, which is a path of more
 * than 500 characters, or 170 of Chinese.
 */
export const LARGE_BODY_LIMIT = 8 * 1024 * 1024;

/** How many large bodies are received and worked on at once; one takes some 50 MiB and a quarter of a second of a core. */
const LARGE_BODIES = 4;

/** Milliseconds that the sender of one body too many is asked to wait. */
const RETRY_AFTER = 2_000;

/**
 * Makes an `onRequest` hook that admits a few bodies beyond the usual limit at once. It refuses
 * others before anything of them is read.
 */
export function admitLargeBodies(most = LARGE_BODIES) {
  let underWay = 0;
  return async ({ headers }: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (!mayBeLarge(headers)) return;
    if (underWay >= most) throw tooMany(underWay);
    underWay += 1;
    reply.raw.once("close", () => {
      underWay -= 1;
    });
  };
}

/** A body that is sent in chunks doesn't tell its length beforehand. */
function mayBeLarge(headers: FastifyRequest["headers"]): boolean {
  if (headers["transfer-encoding"] !== undefined) return true;
  return Number(headers["content-length"] ?? 0) > BODY_LIMIT;
}

function tooMany(underWay: number): ExhibitError {
  const message = `${underWay} requests with bodies above 1 MiB are under way, as many as the API takes at once.`;
  return new ExhibitError("RATE_LIMITED", message, { retryAfter: RETRY_AFTER });
}
