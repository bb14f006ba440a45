import type { Priority } from "@exhibit/contracts";

/**
 * The queues. A job carries an id and nothing else: the ledger knows what has to be done and what
 * is done, so a job may be enqueued twice, lost, or retried at any time.
 */
export const queueNames = [
  "plan",
  "store",
  "seal",
  "stamp",
  "deposit",
  "verify",
  "answer",
  "deliver",
  "reconcile",
] as const;
export type QueueName = (typeof queueNames)[number];

/**
 * A job's data. The `id` is a folder's (plan), a shard's (store), an import's (seal), the name of
 * an authority (stamp), a receiver (deposit), a verification's (verify), a question's (answer) or a webhook's (deliver).
 */
export interface JobData {
  id: string;
}

/** Returns the id of the job for a piece of work, so that enqueuing it twice does no harm. */
export function jobIdOf(name: QueueName, id: string): string {
  return `${name}-${id}`;
}

/** Milliseconds that a job is delayed at most: a vendor may ask for a pause of a day. */
export const MAX_DELAY_MS = 24 * 60 * 60 * 1000;

/** BullMQ's limit; jobs of later rounds share the last one. */
const LOWEST_PRIORITY = 2 ** 21 - 1;

/**
 * How many rounds lie between two shards of an import, by its priority. Where others wait, an urgent
 * import has four turns in a round, and one in bulk has a turn in every fourth.
 */
const ROUNDS_APART: Readonly<Record<Priority, number>> = { urgent: 1 / 4, normal: 1, bulk: 4 };

/**
 * Round-robin between imports, one shard per import and round, for imports of normal priority. A
 * job's priority is its round: the current round plus the number of the import's shards still
 * waiting before it, times the rounds between two. New imports start in the current round, so
 * neither they nor a large import starve, and neither does one in bulk: rounds only go up.
 *
 * @param position which of its import's waiting shards it is, from 1 on
 */
export function priorityOf(position: number, round: number, priority: Priority = "normal"): number {
  const ahead = Math.floor((Math.max(1, position) - 1) * ROUNDS_APART[priority]);
  return Math.min(round + ahead, LOWEST_PRIORITY);
}

const DAY = 24 * 60 * 60;

/** The order within a round of planning. */
const PLACES: readonly Priority[] = ["urgent", "normal", "bulk"];

/**
 * Returns the priority of a folder's job: folders take turns as shards do, and within a round those
 * of urgent imports come first. Most imports have a single folder, so turns alone wouldn't tell
 * them apart.
 */
export function planPriorityOf(
  position: number,
  round: number,
  priority: Priority = "normal",
): number {
  const first = (priorityOf(position, round, priority) - 1) * PLACES.length + 1;
  return Math.min(first + PLACES.indexOf(priority), LOWEST_PRIORITY);
}

/** Returns the round of a waiting job, from its priority. */
export function roundOf(name: QueueName, priority: number): number {
  return name === "plan" ? Math.ceil(priority / PLACES.length) : priority;
}

/** Options of every job. They are written into each one: a million files are four thousand jobs. */
export const jobOptions = {
  attempts: 5,
  backoff: { type: "exponential", delay: 2000, jitter: 0.5 },
  // People read a message and a few lines; the rest is in the trace.
  stackTraceLimit: 1,
  keepLogs: 100,
} as const;

/** Which finished jobs the workers keep. */
export const kept = {
  removeOnComplete: { age: DAY, count: 1000 },
  // Operators look at failed jobs in Bull Board for a month; the ledger keeps failures forever.
  removeOnFail: { age: 30 * DAY, count: 100_000 },
} as const;

/**
 * BullMQ publishes an event for each step of a job. Nobody listens: the ledger is asked instead.
 */
export const EVENTS_KEPT = 100;
