import { ExhibitError, errorTable, visible } from "@exhibit/contracts";
import { DelayedError, type Job, UnrecoverableError, WaitingError } from "bullmq";
import { type Attempt, Postponed } from "./handler.ts";
import { type JobData, jobIdOf, MAX_DELAY_MS, type QueueName } from "./queues.ts";

/** A handler as BullMQ's side sees it; the worker adds the rest of the attempt. */
export type BareHandler = (
  id: string,
  attempt: Omit<Attempt, "signal" | "isHeld">,
) => Promise<void>;

/** Returns a BullMQ processor that runs a handler: see `Handler` for how a job goes on. */
export function createProcessor(name: QueueName, handler: BareHandler) {
  return async (job: Job<JobData>, token?: string): Promise<void> => {
    checkOurs(name, job);
    const postponed = Math.max(0, job.attemptsStarted - job.attemptsMade - 1);
    try {
      await handler(job.data.id, {
        starts: job.attemptsStarted,
        last: job.attemptsMade + 1 >= (job.opts.attempts ?? 1),
        postponed,
        log: (line) => log(job, line),
      });
    } catch (thrown) {
      throw await moveJob(job, token, thrown, postponed);
    }
  };
}

/**
 * Refuses a job that somebody else made: it could do work under an id that isn't its own, and keep
 * the work that its id stands for from being enqueued. The queue itself names scheduled jobs.
 */
function checkOurs(name: QueueName, { id, data, repeatJobKey }: Job<JobData>): void {
  if (repeatJobKey === name && data?.id === name) return;
  if (typeof data?.id === "string" && id === jobIdOf(name, data.id)) return;
  const message = `Exhibit didn't make this job: its id is ${JSON.stringify(id)}, but jobs of this queue are called "${name}-" followed by the \`id\` in their data. Nothing was done for it; it can be removed.`;
  throw new Unrecoverable(new ExhibitError("REQUEST_INVALID", message));
}

/** Our own services may be gone for seconds or minutes; work goes on soon after they are back. */
const MAX_WAIT_MS = 5000;

/** Moves the job to where it belongs, and returns the error that tells BullMQ so. */
async function moveJob(
  job: Job<JobData>,
  token: string | undefined,
  thrown: unknown,
  postponed: number,
): Promise<unknown> {
  if (thrown instanceof Postponed) return await delay(job, token, thrown, thrown.delayMs);
  if (!(thrown instanceof ExhibitError)) return thrown;
  if (thrown.code === "SERVICE_UNREACHABLE") {
    return await delay(job, token, thrown, Math.min(MAX_WAIT_MS, 1000 * 2 ** postponed));
  }
  if (thrown.code === "INTERRUPTED") {
    await job.moveToWait(token).catch(() => {});
    return new WaitingError();
  }
  return thrown.action === "never" ? new Unrecoverable(thrown) : thrown;
}

// A job can't be moved when the queue is away or full, or has given it to another worker. It then
// stalls and comes back by itself, and no attempt is used up for a fault of the queue.

async function delay(
  job: Job<JobData>,
  token: string | undefined,
  { message }: Error,
  delayMs: number,
): Promise<DelayedError> {
  await log(job, `Postponed by ${Math.ceil(delayMs / 1000)} s: ${message}`);
  await job.moveToDelayed(Date.now() + Math.min(delayMs, MAX_DELAY_MS), token).catch(() => {});
  return new DelayedError();
}

/**
 * Makes any names in the line visible. A line that can't be written isn't worth failing the job.
 */
async function log(job: Job<JobData>, line: string): Promise<void> {
  await job.log(visible(line)).catch(() => {});
}

/**
 * BullMQ's error for a job that must not be retried. Bull Board shows its stack to people who want
 * to know what to do, so the stack holds the remedy; the stack of the cause goes to the log.
 */
class Unrecoverable extends UnrecoverableError {
  override readonly name = "Unrecoverable";
  override readonly cause: unknown;

  constructor(cause: ExhibitError) {
    super(cause.message);
    this.cause = cause;
    this.stack = `${cause.message}\n${errorTable[cause.code].remedy}`;
  }
}
