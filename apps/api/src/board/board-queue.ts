import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import type { JobLabels } from "@exhibit/ingest";
import { Job, type Queue } from "bullmq";

export interface BoardQueueOptions {
  /** Titles for jobs. When it throws, jobs keep their own names. */
  readonly labels: JobLabels;
  /** How many workers are alive according to the ledger. */
  readonly workers: () => Promise<number>;
  /** Whether the person who asks just now may only look. */
  readonly isReadOnly: () => boolean;
}

/** Wraps a queue for Bull Board: jobs get titles, and a retry starts with fresh attempts. */
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
    // Bull Board reads this field anew for each request: it greys the buttons and refuses what they do.
    Object.defineProperty(this, "readOnlyMode", { get: options.isReadOnly });
  }

  override async getJob(id: string) {
    const job = (await super.getJob(id)) as Job | undefined;
    return job && (await this.#shown([job]))[0];
  }

  override async getJobs(...which: Parameters<BullMQAdapter["getJobs"]>) {
    return await this.#shown((await super.getJobs(...which)) as Job[]);
  }

  /**
   * Null means "unknown": the embedded queue knows of no workers, and some Redis servers don't list
   * them.
   */
  override async getWorkers() {
    const known = await super.getWorkers();
    if (known === null || known.length > 0) return known;
    return (await this.#options.workers()) > 0 ? null : known;
  }

  // Refused actions get no button where Bull Board lets us choose.
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
 * Bull Board's Retry, for one job or for all, keeps BullMQ's count of attempts, so that a job that
 * has used up its five attempts would get only one more. A person's retry starts from zero.
 */
function withFreshAttempts(job: Job): Job {
  const retry: Job["retry"] = (state) =>
    Job.prototype.retry.call(job, state, { resetAttemptsMade: true, resetAttemptsStarted: true });
  return Object.defineProperty(job, "retry", { value: retry });
}
