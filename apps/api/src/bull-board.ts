import { createBullBoard } from "@bull-board/api";
import { FastifyAdapter } from "@bull-board/fastify";
import type { Queue } from "bullmq";
import type { FastifyInstance } from "fastify";
import { refusedActs } from "./board-acts.ts";
import { type BoardQueueOptions, boardQueue } from "./board-queue.ts";

const BASE_PATH = "/queues";

export interface BullBoardOptions extends BoardQueueOptions {
  trial: boolean;
  queues: readonly Queue[];
}

/** Bull Board, where ops look at jobs and retry those that failed. */
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
      board.addHook("onSend", async (_request, _reply, payload) => withoutWebFonts(payload));
      await board.register(serverAdapter.registerPlugin());
    },
    { prefix: BASE_PATH, logLevel: "warn" },
  );
}

class BoardAdapter extends FastifyAdapter {
  override setApiRoutes(routes: Parameters<FastifyAdapter["setApiRoutes"]>[0]): this {
    return super.setApiRoutes(refusedActs(routes)) as this;
  }
}

/** Its page asks Google for fonts: those who look at evidence shouldn't tell anybody so. */
function withoutWebFonts(payload: unknown): unknown {
  if (typeof payload !== "string" || !payload.startsWith("<!DOCTYPE html>")) return payload;
  return payload.replace(/<link href="https:\/\/fonts\.googleapis\.com[^>]*>/, "");
}
