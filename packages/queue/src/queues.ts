/**
 * The queues and what a job of each means. A job carries an id and nothing else: what is to be done, and what is
 * done, is in the ledger, so a job may be rung twice, lost, or retried at any time.
 */
export const queueNames = ["plan", "store", "seal", "reconcile"] as const;
export type QueueName = (typeof queueNames)[number];

/** What a job's data holds; `id` is a folder's (plan), a shard's (store), an import's (seal). */
export interface JobData {
  id: string;
}

/** The id of a bell's job, so that ringing twice is harmless. */
export function jobIdOf(name: QueueName, id: string): string {
  return `${name}-${id}`;
}

/** The longest that a job of ours is put off, in milliseconds: a vendor may ask for a pause of a day. */
export const LONGEST_DELAY_MS = 24 * 60 * 60 * 1000;

/** BullMQ's limit; what comes later shares the last turn. */
const LOWEST_PRIORITY = 2 ** 21 - 1;

/**
 * Imports take turns, a shard each: the priority of a job is the round in which it comes, and one after the other of an
 * import's shards that nobody has taken up yet comes in each round from the one that is on. So a new import doesn't wait behind what others have
 * in the queue, nor does a large one wait until the new one has had as much.
 */
export function priorityOf(place: number, round: number): number {
  return Math.min(round + Math.max(1, place) - 1, LOWEST_PRIORITY);
}

const DAY = 24 * 60 * 60;

/** Of each job, and written into each: a million files are four thousand jobs that wait. */
export const jobOptions = {
  attempts: 5,
  backoff: { type: "exponential", delay: 2000, jitter: 0.5 },
  // A message and a few lines are what a person reads; the rest is in the trace.
  stackTraceLimit: 1,
  keepLogs: 100,
} as const;

/** Of the workers: which of the jobs that have ended stay. */
export const kept = {
  removeOnComplete: { age: DAY, count: 1000 },
  // Ops look at failed jobs in Bull Board for a month; the ledger knows them for ever.
  removeOnFail: { age: 30 * DAY, count: 100_000 },
} as const;

/** BullMQ tells each step of each job to whoever listens. Nobody does: the ledger is asked. */
export const EVENTS_KEPT = 100;
