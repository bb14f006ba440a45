import { setTimeout as sleep } from "node:timers/promises";
import { ErrorCode, type Job, type JobsOptions, type Queue } from "bullmq";
import {
  type JobData,
  jobIdOf,
  jobOptions,
  LONGEST_DELAY_MS,
  priorityOf,
  type QueueName,
} from "./queues.ts";

export interface JobRef {
  id: string;
  /** Of a shard: which of its import's shards it is that nobody has taken up yet, from 1 on. Decides its turn. */
  position?: number;
}

interface RungJob {
  name: QueueName;
  data: JobData;
  opts: JobsOptions & { jobId: string };
}

export function jobOf(name: QueueName, bell: JobRef, round: number): RungJob {
  return {
    name,
    data: { id: bell.id },
    opts: {
      ...jobOptions,
      jobId: jobIdOf(name, bell.id),
      ...(bell.position === undefined ? {} : { priority: priorityOf(bell.position, round) }),
    },
  };
}

/** The round of the job that comes next: see `priorityOf`. */
export async function roundOf(queue: Queue<JobData>): Promise<number> {
  const [next] = await queue.getPrioritized(0, 0);
  return next?.priority ?? 1;
}

/** Gives the state that the job was in. */
export async function ringOne(
  queue: Queue<JobData>,
  { name, data, opts }: RungJob,
): Promise<string> {
  const state = await queue.getJobState(opts.jobId);
  const isOver = state === "failed" || state === "completed";
  const job = isOver || state === "delayed" ? await queue.getJob(opts.jobId) : undefined;
  if (job) {
    try {
      if (!isForeign(job, state, data)) {
        if (isOver) await job.retry(state, { resetAttemptsMade: true, resetAttemptsStarted: true });
        return state;
      }
      await job.remove();
    } catch (error) {
      // Somebody else rang in between: then the job waits already, or has run anew since, or it is gone and is added.
      const isMoved =
        error instanceof Error && "code" in error && error.code === ErrorCode.JobNotInState;
      if (!isMoved && (await queue.getJobState(opts.jobId)) === state) throw error;
    }
  }
  await queue.add(name, data, opts);
  return state;
}

/**
 * Whether somebody else took the id for a job of their own: it carries another id, or waits for longer than any of ours
 * does. Ours are never put off before they were started. Left alone, it would keep the work from being done.
 */
function isForeign(job: Job<JobData>, state: string, { id }: JobData): boolean {
  if (job.data?.id !== id) return true;
  return state === "delayed" && (job.attemptsStarted === 0 || job.delay > LONGEST_DELAY_MS);
}

/** A job that was about to end has ended by then. A second job beside one that goes on would do its work twice. */
const END_WITHIN_MS = 1000;
const LOOK_EVERY_MS = 50;

/** Rings for work whose job runs just now, once that has ended; for none that goes on. */
export async function ringAtEnd(queue: Queue<JobData>, job: RungJob): Promise<void> {
  for (let waited = 0; waited < END_WITHIN_MS; waited += LOOK_EVERY_MS) {
    await sleep(LOOK_EVERY_MS);
    if ((await queue.getJobState(job.opts.jobId)) === "active") continue;
    await ringOne(queue, job);
    return;
  }
}

/** Ends the pause of a job that waits. */
export async function beginNow(queue: Queue<JobData>, { opts }: RungJob): Promise<void> {
  const job = await queue.getJob(opts.jobId);
  try {
    await job?.promote();
  } catch (error) {
    // Its pause may have ended in between.
    if ((await queue.getJobState(opts.jobId)) === "delayed") throw error;
  }
}
