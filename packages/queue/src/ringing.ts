import { setTimeout as sleep } from "node:timers/promises";
import { ErrorCode, type JobsOptions, type Queue } from "bullmq";
import { type Bell, jobOptions, priorityOf, type QueueName } from "./queues.ts";

export interface BellToRing {
  id: string;
  /** Of a shard: which of its import's shards it is that nobody has taken up yet, from 1 on. Decides its turn. */
  place?: number;
}

interface RungJob {
  name: QueueName;
  data: Bell;
  opts: JobsOptions & { jobId: string };
}

/** The job's id is made of the work's, so that ringing twice is harmless. */
export function jobOf(name: QueueName, bell: BellToRing, round: number): RungJob {
  return {
    name,
    data: { id: bell.id },
    opts: {
      ...jobOptions,
      jobId: `${name}-${bell.id}`,
      ...(bell.place === undefined ? {} : { priority: priorityOf(bell.place, round) }),
    },
  };
}

/** The round of the job that comes next: see `priorityOf`. */
export async function roundOf(queue: Queue<Bell>): Promise<number> {
  const [next] = await queue.getPrioritized(0, 0);
  return next?.priority ?? 1;
}

/** Gives the state that the job was in. */
export async function ringOne(queue: Queue<Bell>, { name, data, opts }: RungJob): Promise<string> {
  const state = await queue.getJobState(opts.jobId);
  const job =
    state === "failed" || state === "completed" ? await queue.getJob(opts.jobId) : undefined;
  if (job && (state === "failed" || state === "completed")) {
    try {
      await job.retry(state, { resetAttemptsMade: true, resetAttemptsStarted: true });
      return state;
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

/** A job that was about to end has ended by then. A second job beside one that goes on would do its work twice. */
const END_WITHIN_MS = 1000;
const LOOK_EVERY_MS = 50;

/** Rings for work whose job runs just now, once that has ended; for none that goes on. */
export async function ringAtEnd(queue: Queue<Bell>, job: RungJob): Promise<void> {
  for (let waited = 0; waited < END_WITHIN_MS; waited += LOOK_EVERY_MS) {
    await sleep(LOOK_EVERY_MS);
    if ((await queue.getJobState(job.opts.jobId)) === "active") continue;
    await ringOne(queue, job);
    return;
  }
}

/** Ends the pause of a job that waits. */
export async function beginNow(queue: Queue<Bell>, { opts }: RungJob): Promise<void> {
  const job = await queue.getJob(opts.jobId);
  try {
    await job?.promote();
  } catch (error) {
    // Its pause may have ended in between.
    if ((await queue.getJobState(opts.jobId)) === "delayed") throw error;
  }
}
