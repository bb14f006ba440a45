import { createBullBoard } from "@bull-board/api";
import { FastifyAdapter } from "@bull-board/fastify";
import type { Queue } from "bullmq";
import type { FastifyInstance } from "fastify";
import { refuseOtherActions } from "./board-actions.ts";
import { adaptBoardPage } from "./board-page.ts";
import { type BoardQueueOptions, boardQueue } from "./board-queue.ts";

const BASE_PATH = "/queues";

export interface BullBoardOptions extends BoardQueueOptions {
  trial: boolean;
  queues: readonly Queue[];
}

/** Adds Bull Board, where operators look at jobs and retry those that failed. */
export async function addBullBoard(
  app: FastifyInstance,
  { trial, queues, ...options }: BullBoardOptions,
): Promise<void> {
  const serverAdapter = new BoardAdapter().setBasePath(BASE_PATH);
  createBullBoard({
    queues: queues.map((queue) => boardQueue(queue, options)),
    serverAdapter,
    options: { uiConfig: { boardTitle: trial ? "Exhibit: a TRIAL" : "Exhibit" } },
  });
  await app.register(
    async (board) => {
      adaptBoardPage(board, BASE_PATH);
      await board.register(serverAdapter.registerPlugin());
    },
    { prefix: BASE_PATH, logLevel: "warn" },
  );
}

class BoardAdapter extends FastifyAdapter {
  override setApiRoutes(routes: Parameters<FastifyAdapter["setApiRoutes"]>[0]): this {
    return super.setApiRoutes(refuseOtherActions(routes)) as this;
  }
}
