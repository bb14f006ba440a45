import { priorityOf } from "../packages/queue/src/queues.ts";
import { createHeap } from "./heap.ts";
import type { Shard } from "./shard.ts";
import type { VirtualTime } from "./virtual-time.ts";
import type { World } from "./world.ts";

export interface Job {
  readonly shard: Shard;
  readonly priority: number;
  order: number;
  /** Counted as BullMQ does: a postponed job starts again without a further attempt. */
  starts: number;
  attempts: number;
}

/** BullMQ as far as it decides which job is next: by Exhibit's own priority, then first come, first served. */
export interface QueueModel {
  enqueueNew(shard: Shard, place: number): Promise<void>;
  /** Resolves with the next job as soon as there is one. */
  take(): Promise<Job>;
  /** Puts a job back into the queue after so many milliseconds. */
  delay(job: Job, milliseconds: number): void;
}

export interface QueueEvents {
  onWaiting(job: Job): void;
  onTaken(job: Job): void;
}

export function createQueue(
  time: VirtualTime,
  { redis }: World,
  { onWaiting, onTaken }: QueueEvents,
): QueueModel {
  const waiting = createHeap<Job>((a, b) => a.priority - b.priority || a.order - b.order);
  const idle: ((job: Job) => void)[] = [];
  let order = 0;

  function put(job: Job): void {
    order += 1;
    job.order = order;
    waiting.push(job);
    onWaiting(job);
    serve();
  }

  function serve(): void {
    while (waiting.size > 0 && idle.length > 0) {
      const job = waiting.pop() as Job;
      job.starts += 1;
      onTaken(job);
      idle.shift()?.(job);
    }
  }

  return {
    async enqueueNew(shard, place) {
      await time.until(time.now() + redis);
      // See `roundOf` of packages/queue.
      const priority = priorityOf(place, waiting.peek()?.priority ?? 1);
      put({ shard, priority, order: 0, starts: 0, attempts: 0 });
    },
    async take() {
      await time.until(time.now() + redis);
      return await new Promise((resolve) => {
        idle.push(resolve);
        serve();
      });
    },
    delay(job, milliseconds) {
      time.at(time.now() + milliseconds, () => put(job));
    },
  };
}
