import { AsyncLocalStorage } from "node:async_hooks";
import { createBullBoard } from "@bull-board/api";
import { FastifyAdapter } from "@bull-board/fastify";
import { type Principal, reaches } from "@exhibit/contracts";
import type { ReadRecord } from "@exhibit/ingest";
import type { Queue } from "bullmq";
import type { FastifyInstance } from "fastify";
import { boardNeeds } from "../access/needs.ts";
import { principalOf } from "../access/principal.ts";
import { LOG_OUT } from "../pages/log-out-link.ts";
import { refuseOtherActions } from "./board-actions.ts";
import { adaptBoardPage } from "./board-page.ts";
import { type BoardQueueOptions, boardQueue } from "./board-queue.ts";
import { type RecordBoardAct, recordActs } from "./board-record.ts";

const BASE_PATH = "/queues";

export interface BullBoardOptions extends Omit<BoardQueueOptions, "isReadOnly"> {
  trial: boolean;
  queues: readonly Queue[];
  record: RecordBoardAct;
  recordRead: ReadRecord;
}

/**
 * Adds Bull Board, where operators look at jobs and retry those that failed. Its jobs and their logs
 * name files of all cases, so that only those see it whose role isn't limited to some.
 */
export async function addBullBoard(
  app: FastifyInstance,
  { trial, queues, record, recordRead, ...options }: BullBoardOptions,
): Promise<void> {
  const asking = new AsyncLocalStorage<Principal>();
  // Somebody who isn't known may only look, too.
  const isReadOnly = () => !reaches(asking.getStore()?.role ?? "viewer", "ops");
  const serverAdapter = new BoardAdapter().setBasePath(BASE_PATH);
  createBullBoard({
    queues: queues.map((queue) => boardQueue(queue, { ...options, isReadOnly })),
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: trial ? "Exhibit: a TRIAL" : "Exhibit",
        // Relative to the board's own base.
        miscLinks: [{ text: LOG_OUT, url: "../login" }],
      },
    },
  });
  await app.register(
    async (board) => {
      board.addHook("onRoute", (route) => {
        const isForLooking = [route.method].flat().every((method) => LOOKING.has(method));
        route.config = { ...route.config, ...boardNeeds[isForLooking ? "look" : "act"] };
      });
      board.addHook("onRequest", (request, _reply, done) =>
        asking.run(principalOf(request), () => done()),
      );
      recordActs(board, BASE_PATH, { record, recordRead });
      adaptBoardPage(board, BASE_PATH);
      await board.register(serverAdapter.registerPlugin());
    },
    { prefix: BASE_PATH, logLevel: "warn" },
  );
}

const LOOKING: ReadonlySet<string> = new Set(["GET", "HEAD"]);

class BoardAdapter extends FastifyAdapter {
  override setApiRoutes(routes: Parameters<FastifyAdapter["setApiRoutes"]>[0]): this {
    return super.setApiRoutes(refuseOtherActions(routes)) as this;
  }
}
