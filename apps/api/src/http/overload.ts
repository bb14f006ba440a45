import { totalmem } from "node:os";
import { ExhibitError } from "@exhibit/contracts";
import type { FastifyInstance } from "fastify";
import { sendError } from "./error-responses.ts";
import { healthChecks } from "./health-checks.ts";

/** When a process has too much to do. */
export interface OverloadLimits {
  /** Milliseconds that the event loop may be late. @defaultValue 1000 */
  readonly delay?: number;
  /** Bytes of memory. @defaultValue 90 % of what the machine or the container has */
  readonly memory?: number;
  /** Milliseconds between two measurements. @defaultValue 100 */
  readonly interval?: number;
}

/** Milliseconds. */
const DELAY = 1_000;
/** Milliseconds. */
const INTERVAL = 100;
/**
 * Beyond this share of the memory that there is, the system is about to end the process. No smaller
 * limit: V8 gives memory back late, and a process that refuses everything because of what it has done
 * once is worse than one that uses what there is.
 */
const MEMORY_SHARE = 0.9;

/** One statement of an embedded ledger, or a machine that is busy otherwise, makes it late once. */
const LATE_IN_A_ROW = 3;

/** How long clients are asked to wait, in milliseconds. */
const RETRY_AFTER = 2_000;

/**
 * Refuses requests while the process has more to do than it can do in time, so that it does what it
 * has begun, and clients that wait come back when it can serve them. The event loop is late when a timer
 * is; Node's histogram of its delays says nothing about the delay that follows a reset, and so nothing
 * at all where every turn of the loop takes longer than the time between two looks.
 */
export function shedLoad(
  app: FastifyInstance,
  { delay = DELAY, memory = memoryLimit(), interval = INTERVAL }: OverloadLimits,
): void {
  let late = 0;
  let expectedAt = performance.now() + interval;
  const timer = setInterval(() => {
    const now = performance.now();
    late = now - expectedAt > delay ? late + 1 : 0;
    expectedAt = now + interval;
  }, interval).unref();
  app.addHook("onClose", async () => clearInterval(timer));
  app.addHook("onRequest", async (request, reply) => {
    // Whoever decides whether the process is restarted must learn that it lives.
    if (healthChecks.has(request.routeOptions.url)) return;
    if (late < LATE_IN_A_ROW && process.memoryUsage.rss() <= memory) return;
    const what =
      late < LATE_IN_A_ROW ? "has no memory left for it" : "doesn't keep up with what it has to do";
    const error = new ExhibitError("OVERLOADED", `The API ${what}.`, { retryAfter: RETRY_AFTER });
    return sendError(error, request, reply);
  });
}

/** A container's limit is the lower one; without a container it is none, or absurdly large. */
function memoryLimit(): number {
  const limits = [process.constrainedMemory(), totalmem()].filter((limit) => limit > 0);
  return Math.min(...limits) * MEMORY_SHARE;
}
