import type { BoardAct } from "@exhibit/contracts";
import type { ReadRecord } from "@exhibit/ingest";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { principalOf } from "../access/principal.ts";
import { sendError } from "../http/error-responses.ts";
import { actionOf } from "./board-actions.ts";

export type RecordBoardAct = (act: BoardAct, who: string) => Promise<void>;

interface BoardParams {
  readonly queueName?: string;
  readonly jobId?: string;
  readonly queueStatus?: string;
}

/** Where Bull Board shows the log of a job, which names files. */
const LOGS = "/api/queues/:queueName/:jobId/logs";

/**
 * Records what a person does in Bull Board before it is done, and which logs they read: who can't be
 * named does nothing, and what is recorded was at least tried. `prefix` is the path of the board.
 */
export function recordActs(
  board: FastifyInstance,
  prefix: string,
  { record, recordRead }: { record: RecordBoardAct; recordRead: ReadRecord },
): void {
  async function note(request: FastifyRequest): Promise<void> {
    const route = (request.routeOptions.url ?? "").slice(prefix.length);
    const { name } = principalOf(request);
    const { queueName, jobId, queueStatus } = request.params as BoardParams;
    if (request.method === "GET" || request.method === "HEAD") {
      const subject = `queues/${queueName}/${jobId}`;
      if (route === LOGS) await recordRead({ who: name, what: "logs", subject });
      return;
    }
    const action = actionOf(route);
    if (action === undefined) return;
    const act = {
      action,
      queue: queueName ?? null,
      job: jobId ?? null,
      status: queueStatus ?? null,
    };
    await record(act, name);
  }

  board.addHook("preHandler", async (request, reply) => {
    try {
      await note(request);
    } catch (thrown) {
      return sendError(thrown, request, reply);
    }
  });
}
