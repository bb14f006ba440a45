import { ExhibitError, errorTable, visible } from "@exhibit/contracts";
import { DelayedError, type Job, UnrecoverableError, WaitingError } from "bullmq";
import { type JobData, jobIdOf, LONGEST_DELAY_MS, type QueueName } from "./queues.ts";

export interface Attempt {
  /** How often its job has been started, from 1; counted anew when a person retries it, or it is rung for after its end. */
  starts: number;
  /** False while the queue would try again by itself if the handler throws. */
  last: boolean;
  /** How often the job was started without an attempt being used up: postponed, or handed back. */
  postponed: number;
  /** Aborts when the worker has to stop. */
  signal: AbortSignal;
  /** False once this process stood still for so long that the queue may have given the job to another worker. */
  isHeld(): boolean;
  /** A line in the job's log, for those who look at it in Bull Board. */
  log(line: string): Promise<void>;
}

/**
 * Does the work of one id. What it throws says how the job goes on: `Postponed` comes again later without using up an
 * attempt, and so does SERVICE_UNREACHABLE, within seconds; an `ExhibitError` INTERRUPTED goes back to the queue at once;
 * one with action `never` ends the job as failed; anything else uses up an attempt.
 */
export type Handler = (id: string, attempt: Attempt) => Promise<void>;

/** A handler as BullMQ's side sees it; the worker adds the rest. */
export type BareHandler = (
  id: string,
  attempt: Omit<Attempt, "signal" | "isHeld">,
) => Promise<void>;

/** The work can't go on now, through no fault of its own. */
export class Postponed extends Error {
  override readonly name = "Postponed";
  readonly delayMs: number;

  constructor(delayMs: number, cause: ExhibitError) {
    super(cause.message, { cause });
    this.delayMs = delayMs;
  }
}

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
      throw await settle(job, token, thrown, postponed);
    }
  };
}

/**
 * A job that somebody else made could have work done under an id that isn't its own, and keep the work that the id stands
 * for from being rung for. Those of the schedule have ids that the queue gives them.
 */
function checkOurs(name: QueueName, { id, data, repeatJobKey }: Job<JobData>): void {
  if (repeatJobKey === name && data?.id === name) return;
  if (typeof data?.id === "string" && id === jobIdOf(name, data.id)) return;
  const message = `Exhibit didn't make this job: its id is ${JSON.stringify(id)}, and a job of this queue carries what comes after "${name}-" in its data as \`id\`. Nothing was done for it; it can be removed.`;
  throw new Final(new ExhibitError("REQUEST_INVALID", message));
}

/** Our own services may be gone for seconds or for minutes; work goes on soon after they are back. */
const LONGEST_WAIT_MS = 5000;

/** Moves the job to where it belongs, and gives the error that tells BullMQ so. */
async function settle(
  job: Job<JobData>,
  token: string | undefined,
  thrown: unknown,
  postponed: number,
): Promise<unknown> {
  if (thrown instanceof Postponed) return await delay(job, token, thrown, thrown.delayMs);
  if (!(thrown instanceof ExhibitError)) return thrown;
  if (thrown.code === "SERVICE_UNREACHABLE") {
    return await delay(job, token, thrown, Math.min(LONGEST_WAIT_MS, 1000 * 2 ** postponed));
  }
  if (thrown.code === "INTERRUPTED") {
    await job.moveToWait(token).catch(() => {});
    return new WaitingError();
  }
  return thrown.action === "never" ? new Final(thrown) : thrown;
}

// What can't be moved, because the queue is away or full or has given the job to somebody else, is left to stall: it
// comes back by itself, and no attempt is used up for a fault of the queue.

async function delay(
  job: Job<JobData>,
  token: string | undefined,
  { message }: Error,
  delayMs: number,
): Promise<DelayedError> {
  await log(job, `Postponed by ${Math.ceil(delayMs / 1000)} s: ${message}`);
  await job.moveToDelayed(Date.now() + Math.min(delayMs, LONGEST_DELAY_MS), token).catch(() => {});
  return new DelayedError();
}

/** A line, whatever names are in it; one that can't be written isn't worth the job. */
async function log(job: Job<JobData>, line: string): Promise<void> {
  await job.log(visible(line)).catch(() => {});
}

/**
 * BullMQ's error for a job that must not be tried again. Bull Board shows its stack to people who want to know what to
 * do, so that is what it says; the trace of the cause goes to the log.
 */
class Final extends UnrecoverableError {
  override readonly name = "Final";
  override readonly cause: unknown;

  constructor(cause: ExhibitError) {
    super(cause.message);
    this.cause = cause;
    this.stack = `${cause.message}\n${errorTable[cause.code].remedy}`;
  }
}
