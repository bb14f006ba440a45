import { setTimeout as sleep } from "node:timers/promises";
import { ExhibitError } from "@exhibit/contracts";
import type { Worker } from "bullmq";
import type { JobData } from "./queues.ts";

/** Milliseconds to hand work back after the grace time: a queue that is away would take forever. */
const HAND_BACK_MS = 5_000;

/** Closes a worker as `WorkerHandle.close` promises. */
export async function drain(
  worker: Worker<JobData>,
  controller: AbortController,
  graceMs: number,
): Promise<void> {
  const timer = setTimeout(
    () => controller.abort(new ExhibitError("INTERRUPTED", "The worker is stopping.")),
    graceMs,
  );
  const limit = new AbortController();
  try {
    // What can't be handed back stalls, and another worker takes it over.
    await Promise.race([
      worker.close().catch(() => {}),
      sleep(graceMs + HAND_BACK_MS, undefined, { signal: limit.signal }).catch(() => {}),
    ]);
  } finally {
    limit.abort();
    clearTimeout(timer);
  }
}
