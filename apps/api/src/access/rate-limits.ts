import { ExhibitError } from "@exhibit/contracts";
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendError } from "../http/error-responses.ts";
import { healthChecks } from "../http/health-checks.ts";
import { SAFE_METHODS } from "./access-guard.ts";
import { knownPrincipalOf } from "./principal.ts";

/** How many requests are served a minute (or another window); what isn't given isn't limited. */
export interface RateLimits {
  /** Requests that change nothing, of one principal. */
  readonly reads?: number | undefined;
  /** Requests that change something, of one principal. */
  readonly writes?: number | undefined;
  /** Logins that fail, from one address. @defaultValue 10 */
  readonly failedLogins?: number;
  /** Milliseconds in which they are counted. @defaultValue 60000 */
  readonly window?: number;
  /** Where all processes of the API count together. @defaultValue each counts for itself */
  readonly shared?: SharedCounts | undefined;
}

/** Counters in Redis. */
interface SharedCounts {
  /** An ioredis client that fails at once when Redis is away. */
  readonly redis: unknown;
  /** What the counters' keys begin with. */
  readonly prefix: string;
}

/** Milliseconds. */
const MINUTE = 60_000;
/** A person who mistypes needs a few; a program that guesses gets nowhere. */
const FAILED_LOGINS = 10;

/**
 * Limits how many requests each principal may send in a minute, on all routes together, so that one
 * client that runs wild doesn't keep the others waiting. Requests of nobody in particular count for
 * their address. While Redis is away, nothing is counted: the limits protect the service, and must not
 * bring it down. It has to be added behind the door, which knows who sends a request.
 */
export async function limitRates(
  app: FastifyInstance,
  { reads, writes, failedLogins = FAILED_LOGINS, window = MINUTE, shared }: RateLimits,
): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    timeWindow: window,
    skipOnError: true,
    ...(shared === undefined ? {} : { redis: shared.redis, nameSpace: shared.prefix }),
  });
  const limiterOf = (kind: string, max: number | undefined, who: (of: FastifyRequest) => string) =>
    max === undefined
      ? undefined
      : app.createRateLimit({ max, keyGenerator: (request) => `${kind}:${who(request)}` });
  const limitReads = limiterOf("reads", reads, senderOf);
  const limitWrites = limiterOf("writes", writes, senderOf);
  const countFailures = limiterOf("logins", failedLogins, ({ ip }) => ip);

  app.addHook("onRequest", async (request, reply) => {
    // These routes cost next to nothing.
    if (healthChecks.has(request.routeOptions.url)) return;
    if (isLogin(request)) {
      const failures = await countFailures?.(request, { increment: false });
      if (failures?.isAllowed === false && failures.remaining === 0) {
        return refuse("Too many logins from your address failed", failures.ttl, request, reply);
      }
    }
    const isRead = SAFE_METHODS.has(request.method);
    const count = await (isRead ? limitReads : limitWrites)?.(request);
    if (count === undefined || count.isAllowed) return;
    reply.header("ratelimit-limit", count.max);
    reply.header("ratelimit-remaining", count.remaining);
    reply.header("ratelimit-reset", Math.ceil(count.ttl / 1000));
    if (!count.isExceeded) return;
    const what = isRead ? "reads" : "changes";
    const message = `More than ${count.max} ${what} a minute came from ${senderOf(request)}`;
    return refuse(message, count.ttl, request, reply);
  });
  app.addHook("onResponse", async (request, reply) => {
    if (isLogin(request) && reply.statusCode === 401) await countFailures?.(request);
  });
}

function isLogin({ method, routeOptions }: FastifyRequest): boolean {
  return method === "POST" && routeOptions.url === "/login";
}

/** Returns whose requests are counted together. */
function senderOf(request: FastifyRequest): string {
  return knownPrincipalOf(request)?.name ?? request.ip;
}

/** Sent here, because an error thrown by a hook goes to the error handler of the route's plugin. */
function refuse(what: string, wait: number, request: FastifyRequest, reply: FastifyReply) {
  const retryAfter = Math.max(1_000, wait);
  return sendError(new ExhibitError("RATE_LIMITED", `${what}.`, { retryAfter }), request, reply);
}
