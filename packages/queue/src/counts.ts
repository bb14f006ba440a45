import type { Queue } from "bullmq";
import type { QueueCounts } from "./engine.ts";
import type { JobData, QueueName } from "./queues.ts";

/** How many of the jobs next in line are looked at for the oldest: they wait by rounds, not by age. */
const NEXT_IN_LINE = 20;

/** Returns how many jobs a queue has, and since when the oldest of the next ones waits. */
export async function countsOf(queue: QueueName, of: Queue<JobData>): Promise<QueueCounts> {
  const states = ["waiting", "prioritized", "active", "delayed", "failed"] as const;
  const [counts, next] = await Promise.all([
    of.getJobCounts(...states),
    of.getJobs(["waiting", "prioritized"], 0, NEXT_IN_LINE - 1, true),
  ]);
  // A job may be gone between the list and its reading.
  const times = next.flatMap((job) => (job === undefined ? [] : [job.timestamp]));
  const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts;
  return {
    queue,
    waiting: waiting + prioritized,
    active,
    delayed,
    failed,
    oldestAt: times.length === 0 ? undefined : new Date(Math.min(...times)),
  };
}
