import type { Worker } from "bullmq";
import type { JobData } from "./queues.ts";

/** Milliseconds that a worker asks for no jobs after an error. */
const PAUSE_MS = 1000;

/**
 * Pauses a worker after each error; jobs that run go on. Without it, a queue that answers but
 * refuses, as Redis without memory does, would be asked ten thousand times a second.
 */
export function backOffAfterErrors(worker: Worker<JobData>): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  worker.on("error", () => {
    if (timer || worker.closing) return;
    timer = setTimeout(() => {
      timer = undefined;
      void worker.resume();
    }, PAUSE_MS);
    void worker.pause(true);
  });
  return { stop: () => clearTimeout(timer) };
}
