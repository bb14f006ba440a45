import type { Priority } from "@exhibit/contracts";
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

/**
 * Moves the jobs of an import's open folders and shards to the rounds of its new priority. Doesn't
 * throw if the queue is unreachable: those jobs that it wasn't told of keep their turns.
 */
export async function reprioritizeSoon(
  { engine, logger }: { engine: Pick<Engine, "reprioritize">; logger: Logger },
  folders: readonly JobRef[],
  shards: AsyncIterable<readonly OpenShard[]>,
): Promise<void> {
  try {
    await engine.reprioritize("plan", folders);
    for await (const some of shards) await engine.reprioritize("store", some.map(jobOfShard));
  } catch (err) {
    logger.warn({ err }, "the queue is unreachable; some jobs keep their turns");
  }
}

/** What the log says when the queue doesn't take work that is in the ledger. */
export const UNREACHABLE = "the queue is unreachable; the reconciler will enqueue the work";

/** Returns the jobs that walk these folders of one import. */
export function jobsOfFolders(
  folderIds: readonly number[],
  priority: Priority = "normal",
): JobRef[] {
  return folderIds.map((id, index) => ({ id: String(id), position: index + 1, priority }));
}

/** Returns the jobs that run these verifications. */
export function jobsOfVerifications(numbers: readonly number[]): JobRef[] {
  return numbers.map((number) => ({ id: String(number) }));
}

export function jobOfShard({ shardId, position, priority }: OpenShard): JobRef {
  return { id: String(shardId), position, priority };
}
