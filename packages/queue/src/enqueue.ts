import { setTimeout as sleep } from "node:timers/promises";
import type { Priority } from "@exhibit/contracts";
import { ErrorCode, type Job, type JobsOptions, type Queue } from "bullmq";
import {
  type JobData,
  jobIdOf,
  jobOptions,
  MAX_DELAY_MS,
  planPriorityOf,
  priorityOf,
  type QueueName,
  roundOf,
} from "./queues.ts";

/** Work that a job is enqueued for. */
export interface JobRef {
  /** See `JobData`. */
  id: string;
  /**
   * For a folder or shard: which of its import's waiting ones it is, from 1 on. Decides its round.
   */
  position?: number;
  /** For a folder or shard: its import's. @defaultValue normal */
  priority?: Priority;
}

export interface NewJob {
  name: QueueName;
  data: JobData;
  opts: JobsOptions & { jobId: string };
}

/** Returns the job for a piece of work; `round` is the current one, see `priorityOf`. */
export function jobOf(name: QueueName, { id, position, priority }: JobRef, round: number): NewJob {
  const turn = name === "plan" ? planPriorityOf : priorityOf;
  return {
    name,
    data: { id },
    opts: {
      ...jobOptions,
      jobId: jobIdOf(name, id),
      ...(position === undefined ? {} : { priority: turn(position, round, priority) }),
    },
  };
}

/** Returns the round of the next job: see `priorityOf`. Only folders and shards have rounds. */
export async function currentRound(
  name: QueueName,
  queue: Queue<JobData>,
  jobs: readonly JobRef[],
): Promise<number> {
  if (jobs.every(({ position }) => position === undefined)) return 1;
  const [next] = await queue.getPrioritized(0, 0);
  return roundOf(name, next?.priority ?? 1);
}

/** Enqueues a job, or retries the finished one with its id. See `Engine.enqueue` for `isNewer`. */
export async function enqueueJob(
  queue: Queue<JobData>,
  job: NewJob,
  { isNewer }: { isNewer: boolean },
): Promise<void> {
  const state = await addOrRetry(queue, job);
  if (state === "active" && isNewer) await enqueueOnceEnded(queue, job);
  if (state === "delayed" && isNewer) await startDelayed(queue, job);
}

/** Moves a job to the round that it has now; one that doesn't exist is left to the reconciler. */
export async function moveToRound(queue: Queue<JobData>, { opts }: NewJob): Promise<void> {
  const job = await queue.getJob(opts.jobId);
  if (job === undefined || opts.priority === undefined || job.priority === opts.priority) return;
  try {
    await job.changePriority({ priority: opts.priority });
  } catch (error) {
    // It may have been removed in between.
    if ((await queue.getJob(opts.jobId)) !== undefined) throw error;
  }
}

/** Returns the state that the job was in before. */
async function addOrRetry(queue: Queue<JobData>, { name, data, opts }: NewJob): Promise<string> {
  const state = await queue.getJobState(opts.jobId);
  const isOver = state === "failed" || state === "completed";
  const job = isOver || state === "delayed" ? await queue.getJob(opts.jobId) : undefined;
  if (job) {
    try {
      if (!isForeign(job, state, data)) {
        // It would come again in the round of its first time.
        if (isOver && opts.priority !== undefined && opts.priority !== job.priority)
          await job.changePriority({ priority: opts.priority });
        if (isOver) await job.retry(state, { resetAttemptsMade: true, resetAttemptsStarted: true });
        return state;
      }
      await job.remove();
    } catch (error) {
      // Somebody else enqueued it in between: it is waiting or has run since, or it is gone.
      const hasMoved =
        error instanceof Error && "code" in error && error.code === ErrorCode.JobNotInState;
      if (!hasMoved && (await queue.getJobState(opts.jobId)) === state) throw error;
    }
  }
  await queue.add(name, data, opts);
  return state;
}

/**
 * Returns whether somebody else made this job under an id of ours: it carries another id, or it is
 * delayed for longer than our jobs ever are, or before it was first started, which ours never are.
 * Left in place, it would keep the work from being done.
 */
function isForeign(job: Job<JobData>, state: string, { id }: JobData): boolean {
  if (job.data?.id !== id) return true;
  return state === "delayed" && (job.attemptsStarted === 0 || job.delay > MAX_DELAY_MS);
}

/** A job that was about to end has ended after so many milliseconds. */
const END_WITHIN_MS = 1000;
const CHECK_EVERY_MS = 50;

/**
 * Waits for a running job to end and enqueues it again. Gives up after a second: a second job
 * beside one that goes on would do its work twice.
 */
async function enqueueOnceEnded(queue: Queue<JobData>, job: NewJob): Promise<void> {
  for (let waited = 0; waited < END_WITHIN_MS; waited += CHECK_EVERY_MS) {
    await sleep(CHECK_EVERY_MS);
    if ((await queue.getJobState(job.opts.jobId)) === "active") continue;
    await addOrRetry(queue, job);
    return;
  }
}

async function startDelayed(queue: Queue<JobData>, { opts }: NewJob): Promise<void> {
  const job = await queue.getJob(opts.jobId);
  try {
    await job?.promote();
  } catch (error) {
    // Its delay may have ended in between.
    if ((await queue.getJobState(opts.jobId)) === "delayed") throw error;
  }
}
