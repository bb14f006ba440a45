import { ExhibitError, errorTable } from "@exhibit/contracts";
import { DelayedError, type Job, UnrecoverableError, WaitingError } from "bullmq";
import type { Bell } from "./queues.ts";

export interface Attempt {
  /** False while the queue would try again by itself if the handler throws. */
  last: boolean;
  /** How often the job was started without an attempt being used up: postponed, or handed back. */
  postponed: number;
  /** Aborts when the worker has to stop. */
  signal: AbortSignal;
  /** A line in the job's log, for those who look at it in Bull Board. */
  log(line: string): Promise<void>;
}

/**
 * Does the work of one id. What it throws says how the job goes on: `Postponed` comes again later without using up an
 * attempt; an `ExhibitError` INTERRUPTED goes back to the queue at once; one with action `never` ends the job as
 * failed; anything else uses up an attempt.
 */
export type Handler = (id: string, attempt: Attempt) => Promise<void>;

/** A handler as BullMQ's side sees it; the worker adds the signal. */
export type BareHandler = (id: string, attempt: Omit<Attempt, "signal">) => Promise<void>;

/** The work can't go on now, through no fault of its own. */
export class Postponed extends Error {
  override readonly name = "Postponed";
  readonly delayMs: number;

  constructor(delayMs: number, cause: ExhibitError) {
    super(cause.message, { cause });
    this.delayMs = delayMs;
  }
}

export function createProcessor(handler: BareHandler) {
  return async (job: Job<Bell>, token?: string): Promise<void> => {
    try {
      await handler(job.data.id, {
        last: job.attemptsMade + 1 >= (job.opts.attempts ?? 1),
        postponed: Math.max(0, job.attemptsStarted - job.attemptsMade - 1),
        log: async (line) => {
          await job.log(line);
        },
      });
    } catch (thrown) {
      throw await settle(job, token, thrown);
    }
  };
}

/** Moves the job to where it belongs, and gives the error that tells BullMQ so. */
async function settle(
  job: Job<Bell>,
  token: string | undefined,
  thrown: unknown,
): Promise<unknown> {
  if (thrown instanceof Postponed) {
    await job.log(`Postponed by ${Math.ceil(thrown.delayMs / 1000)} s: ${thrown.message}`);
    await job.moveToDelayed(Date.now() + thrown.delayMs, token);
    return new DelayedError();
  }
  if (thrown instanceof ExhibitError && thrown.code === "INTERRUPTED") {
    await job.moveToWait(token);
    return new WaitingError();
  }
  if (thrown instanceof ExhibitError && thrown.action === "never") return new Final(thrown);
  return thrown;
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
