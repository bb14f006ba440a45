import type { Queue } from "bullmq";
import type { JobRef } from "./enqueue.ts";
import type { Handler } from "./handler.ts";
import type { JobData, QueueName } from "./queues.ts";

/** What carries jobs: BullMQ on Redis, or on PGlite in this process. */
export interface Engine {
  /** BullMQ's own queues, for Bull Board. */
  readonly queues: readonly Queue<JobData>[];
  /** Adds jobs for new work; a job whose id exists already is left as it is. */
  enqueueNew(name: QueueName, jobs: readonly JobRef[]): Promise<void>;
  /**
   * Makes sure that work will be done, whatever became of its job: completed, failed, or lost. A
   * job that is running or delayed is left alone. `isNewer` is for work that the job may not know
   * about yet: a delayed job starts at once; a running one is enqueued again if it ends within a
   * second, and otherwise finds the new work itself.
   */
  enqueue(name: QueueName, jobs: readonly JobRef[], options?: { isNewer?: boolean }): Promise<void>;
  /** Gives the jobs of an import's folders or shards the rounds that their priority gives them now. */
  reprioritize(name: QueueName, jobs: readonly JobRef[]): Promise<void>;
  /**
   * Runs a queue's own job every `everyMs` milliseconds. Returns whether the queue had no schedule
   * before: it is new then, or has been emptied.
   */
  schedule(name: QueueName, everyMs: number): Promise<boolean>;
  /** Calls back each time the queue can be reached again: jobs may have been lost meanwhile. */
  onReturn(listener: () => void): void;
  /** Returns since when the queue can't be reached and why; undefined while it can. */
  away(): Away | undefined;
  /** Returns how many jobs each queue has, by what becomes of them. Throws SERVICE_UNREACHABLE. */
  counts(): Promise<QueueCounts[]>;
  /** Takes jobs from a queue until the handle is closed. */
  work(name: QueueName, handler: Handler, options: WorkOptions): WorkerHandle;
  /**
   * Resolves when the engine can carry jobs, which it tries by doing what jobs need. Throws
   * SERVICE_UNREACHABLE, SERVICE_REFUSED or SERVICE_UNFIT.
   */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface QueueCounts {
  readonly queue: QueueName;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
  /** When the oldest of the jobs next in line was made; undefined if none waits. */
  readonly oldestAt: Date | undefined;
}

export interface Away {
  readonly since: Date;
  readonly reason: string;
}

export interface WorkOptions {
  /** How many jobs run at the same time. */
  concurrency: number;
  /** Called for errors of the connection to the queue; BullMQ reconnects by itself. */
  onError(error: Error): void;
  /** Called when a job failed, for good or to be retried. */
  onFailed(error: Error, job: { id: string; willRetry: boolean }): void;
}

export interface WorkerHandle {
  /**
   * Takes no more jobs and lets running ones finish. After `graceMs` milliseconds their signal
   * aborts, and another worker takes over what they hand back.
   */
  close(graceMs: number): Promise<void>;
}
