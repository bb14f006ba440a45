import { z } from "zod";

const jobs = z.int().nonnegative();

export const queueView = z
  .object({
    queue: z
      .string()
      .describe(
        "plan: folders; store: shards; seal: imports; stamp: authorities of time stamps; deposit: those who keep something elsewhere; answer: questions; deliver: webhooks; reconcile: upkeep",
      ),
    waiting: jobs.describe("Jobs that a worker may take now"),
    active: jobs.describe("Jobs that workers have under way"),
    delayed: jobs.describe("Jobs that come again at their time"),
    failed: jobs.describe("Jobs that failed for good and are kept to be looked at"),
    oldest_at: z.iso
      .datetime()
      .nullable()
      .describe("When the oldest of the 20 jobs next in line was made; null if none waits"),
  })
  .meta({ id: "Queue" });
export type QueueView = z.output<typeof queueView>;

export const queueList = z.object({ items: z.array(queueView) }).meta({ id: "QueueList" });
export type QueueList = z.output<typeof queueList>;
