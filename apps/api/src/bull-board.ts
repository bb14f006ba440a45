import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { FastifyAdapter } from "@bull-board/fastify";
import { Job, type Queue } from "bullmq";
import type { FastifyInstance } from "fastify";

const BASE_PATH = "/queues";

/** Bull Board, where ops look at jobs and retry those that failed. */
export async function addBullBoard(app: FastifyInstance, queues: readonly Queue[]): Promise<void> {
  const serverAdapter = new FastifyAdapter().setBasePath(BASE_PATH);
  createBullBoard({
    queues: queues.map(withFreshAttempts),
    serverAdapter,
    options: { uiConfig: { boardTitle: "Exhibit" } },
  });
  await app.register(
    async (board) => {
      board.addHook("onSend", async (_request, _reply, payload) => withoutWebFonts(payload));
      await board.register(serverAdapter.registerPlugin());
    },
    { prefix: BASE_PATH, logLevel: "warn" },
  );
}

/**
 * The queue as Bull Board sees it. Its Retry, of one job or of all, leaves BullMQ's count of attempts as it is: a job that
 * used up its five would get a single one. A person's retry is a new beginning.
 */
function withFreshAttempts(queue: Queue): BullMQAdapter {
  const adapter = new BullMQAdapter(queue);
  const fresh = (job: Job): Job => {
    const retry: Job["retry"] = (state) =>
      Job.prototype.retry.call(job, state, { resetAttemptsMade: true, resetAttemptsStarted: true });
    return Object.defineProperty(job, "retry", { value: retry });
  };
  const { getJob, getJobs } = adapter;
  return Object.assign(adapter, {
    getJob: async (id: string) => {
      const job = await getJob.call(adapter, id);
      return job && fresh(job);
    },
    getJobs: async (...which: Parameters<typeof getJobs>) =>
      (await getJobs.call(adapter, ...which)).map(fresh),
  });
}

/** Its page asks Google for fonts: those who look at evidence shouldn't tell anybody so. */
function withoutWebFonts(payload: unknown): unknown {
  if (typeof payload !== "string" || !payload.startsWith("<!DOCTYPE html>")) return payload;
  return payload.replace(/<link href="https:\/\/fonts\.googleapis\.com[^>]*>/, "");
}
