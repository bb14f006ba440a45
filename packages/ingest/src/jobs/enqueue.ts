import type { OpenShard } from "@exhibit/ledger";
import type { Engine, JobRef, QueueName } from "@exhibit/queue";
import type { Logger } from "@exhibit/telemetry";

/**
 * Rings for work that has just come on the record, also where the job of earlier work is about to end or waits. A bell that
 * can't be rung now is rung by the reconciler.
 */
export async function ringSoon(
  { engine, logger }: { engine: Engine; logger: Logger },
  name: QueueName,
  bells: readonly JobRef[],
): Promise<void> {
  try {
    await engine.enqueue(name, bells, { isNewer: true });
  } catch (err) {
    logger.warn({ err, queue: name }, "the queue can't be reached; the reconciler will ring");
  }
}

export function bellOf(id: number): JobRef {
  return { id: String(id) };
}

export function bellOfShard({ shardId, place }: OpenShard): JobRef {
  return { id: String(shardId), position: place };
}
