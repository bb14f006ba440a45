import { setTimeout as sleep } from "node:timers/promises";
import { ExhibitError } from "@exhibit/contracts";
import type { Worker } from "bullmq";
import type { JobData } from "./queues.ts";

/** How long a worker may take to hand its work back after its grace time: a queue that is away would take for ever. */
const HAND_BACK_MS = 5_000;

/** As `WorkerHandle.close` says. */
export async function closeWorker(
  worker: Worker<JobData>,
  controller: AbortController,
  graceMs: number,
): Promise<void> {
  const timer = setTimeout(
    () => controller.abort(new ExhibitError("INTERRUPTED", "The worker is stopping.")),
    graceMs,
  );
  const late = new AbortController();
  try {
    // What can't be handed back stalls, and is taken up by another worker.
    await Promise.race([
      worker.close().catch(() => {}),
      sleep(graceMs + HAND_BACK_MS, undefined, { signal: late.signal }).catch(() => {}),
    ]);
  } finally {
    late.abort();
    clearTimeout(timer);
  }
}
