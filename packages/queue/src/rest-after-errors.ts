import type { Worker } from "bullmq";
import type { JobData } from "./queues.ts";

/** Milliseconds that a worker asks for nothing after an error. */
const REST_MS = 1000;

/** A queue that answers but refuses, as Redis does without memory, would be asked again ten thousand times a second. */
export function restAfterErrors(worker: Worker<JobData>): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  worker.on("error", () => {
    if (timer || worker.closing) return;
    timer = setTimeout(() => {
      timer = undefined;
      void worker.resume();
    }, REST_MS);
    // Jobs that run go on.
    void worker.pause(true);
  });
  return { stop: () => clearTimeout(timer) };
}
