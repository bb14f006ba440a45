import type { OpenShard } from "@exhibit/ledger";
import type { Engine, JobRef, QueueName } from "@exhibit/queue";
import type { Logger } from "@exhibit/telemetry";

export interface EnqueueDependencies {
  engine: Pick<Engine, "enqueue">;
  logger: Logger;
}

/**
 * Enqueues work that has just been written to the ledger, even if its earlier job is about to end
 * or waits for a retry. Never throws: if the queue is unreachable now, the reconciler enqueues the
 * work later.
 */
export async function enqueueSoon(
  { engine, logger }: EnqueueDependencies,
  name: QueueName,
  jobs: readonly JobRef[],
): Promise<void> {
  try {
    await engine.enqueue(name, jobs, { isNewer: true });
  } catch (err) {
    logger.warn({ err, queue: name }, UNREACHABLE);
  }
}

/** What the log says when the queue doesn't take work that is in the ledger. */
export const UNREACHABLE = "the queue is unreachable; the reconciler will enqueue the work";

export function jobOf(id: number): JobRef {
  return { id: String(id) };
}

export function jobOfShard({ shardId, position }: OpenShard): JobRef {
  return { id: String(shardId), position };
}
