import type { FastifyReply, FastifyRequest } from "fastify";
import { LogController } from "fastify";
import { knownPrincipalOf } from "./principal.ts";

/**
 * Logs each request by one line, once it is answered. Strangers who are refused get none: the security
 * log tells of them, and counts them, so that nobody outside can fill a disk.
 */
export class AccessLines extends LogController {
  constructor() {
    super({ requestIdLogLabel: "request_id" });
  }

  override incomingRequest(): void {}

  override requestCompleted(error: Error | null, request: FastifyRequest, reply: FastifyReply) {
    const isRefused = reply.statusCode >= 400 && reply.statusCode < 500;
    if (isRefused && knownPrincipalOf(request) === undefined) return;
    if (this.isLogDisabled(request)) return;
    const line = { req: request, res: reply, responseTime: reply.elapsedTime };
    if (error) reply.log.error({ ...line, err: error }, "request errored");
    else reply.log.info(line, "request completed");
  }
}
