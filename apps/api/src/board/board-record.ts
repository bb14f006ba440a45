import type { BoardAct } from "@exhibit/contracts";
import type { FastifyInstance } from "fastify";
import { principalOf } from "../access/principal.ts";
import { sendError } from "../http/error-responses.ts";
import { actionOf } from "./board-actions.ts";

export type RecordBoardAct = (act: BoardAct, who: string) => Promise<void>;

interface BoardParams {
  readonly queueName?: string;
  readonly jobId?: string;
  readonly queueStatus?: string;
}

/**
 * Records what a person does in Bull Board before it is done: who can't be named does nothing, and
 * what is recorded was at least tried. `prefix` is the path of the board.
 */
export function recordActs(board: FastifyInstance, prefix: string, record: RecordBoardAct): void {
  board.addHook("preHandler", async (request, reply) => {
    const action = actionOf((request.routeOptions.url ?? "").slice(prefix.length));
    if (action === undefined || request.method === "GET" || request.method === "HEAD") return;
    const { queueName, jobId, queueStatus } = request.params as BoardParams;
    const act = {
      action,
      queue: queueName ?? null,
      job: jobId ?? null,
      status: queueStatus ?? null,
    };
    try {
      await record(act, principalOf(request).name);
    } catch (thrown) {
      return sendError(thrown, request, reply);
    }
  });
}
