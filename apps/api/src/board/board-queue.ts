import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import type { JobLabels } from "@exhibit/ingest";
import { Job, type Queue } from "bullmq";

export interface BoardQueueOptions {
  /** What jobs stand for, in words. May throw: then they go without. */
  readonly labels: JobLabels;
  /** How many workers live, whatever the queue knows of. */
  readonly workers: () => Promise<number>;
}

/** A queue as Bull Board shows it. */
export function boardQueue(queue: Queue, options: BoardQueueOptions): BullMQAdapter {
  return new BoardQueue(queue, options);
}

class BoardQueue extends BullMQAdapter {
  readonly #queue: Queue;
  readonly #options: BoardQueueOptions;

  constructor(queue: Queue, options: BoardQueueOptions) {
    super(queue);
    this.#queue = queue;
    this.#options = options;
  }

  override async getJob(id: string) {
    const job = (await super.getJob(id)) as Job | undefined;
    return job && (await this.#shown([job]))[0];
  }

  override async getJobs(...which: Parameters<BullMQAdapter["getJobs"]>) {
    return await this.#shown((await super.getJobs(...which)) as Job[]);
  }

  /** Null is "nobody knows". The queue in this process knows of none, and some Redis servers don't tell. */
  override async getWorkers() {
    const known = await super.getWorkers();
    if (known === null || known.length > 0) return known;
    return (await this.#options.workers()) > 0 ? null : known;
  }

  // What is refused has no button where Bull Board lets us choose.
  override get supportsGlobalRateLimit() {
    return false;
  }
  override get supportsJobSchedulerUpdate() {
    return false;
  }
  override get supportsJobSchedulerRun() {
    return false;
  }

  async #shown(jobs: readonly Job[]): Promise<Job[]> {
    const ids = jobs.flatMap(({ data }) => (typeof data?.id === "string" ? [data.id] : []));
    const labels = await this.#options
      .labels(this.#queue.name, ids)
      .catch(() => new Map<string, string>());
    return jobs.map((job) => {
      job.name = labels.get(job.data?.id) ?? job.name;
      return withFreshAttempts(job);
    });
  }
}

/**
 * Bull Board's Retry, of one job or of all, leaves BullMQ's count of attempts as it is: a job that used up its five would get
 * a single one. A person's retry is a new beginning.
 */
function withFreshAttempts(job: Job): Job {
  const retry: Job["retry"] = (state) =>
    Job.prototype.retry.call(job, state, { resetAttemptsMade: true, resetAttemptsStarted: true });
  return Object.defineProperty(job, "retry", { value: retry });
}
