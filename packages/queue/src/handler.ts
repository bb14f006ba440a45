import type { ExhibitError } from "@exhibit/contracts";

/** One run of a job. */
export interface Attempt {
  /** How often the job has been started, from 1; reset when it is retried or enqueued again. */
  starts: number;
  /** False while the queue would retry the job by itself if the handler throws. */
  last: boolean;
  /** How often the job was started without using up an attempt: postponed, or handed back. */
  postponed: number;
  /** Aborts when the worker has to stop. */
  signal: AbortSignal;
  /** Returns false once this process stalled for so long that another worker may have the job. */
  isHeld(): boolean;
  /** Adds a line to the job's log, which Bull Board shows. */
  log(line: string): Promise<void>;
}

/**
 * Does the work of one id. What it throws says how the job goes on:
 * - `Postponed` and SERVICE_UNREACHABLE delay the job without using up an attempt
 * - INTERRUPTED hands it back to the queue at once
 * - an `ExhibitError` with action `never` fails it for good
 * - anything else uses up an attempt
 */
export type Handler = (id: string, attempt: Attempt) => Promise<void>;

/** The work can't go on now, through no fault of its own. */
export class Postponed extends Error {
  override readonly name = "Postponed";
  readonly delayMs: number;

  constructor(delayMs: number, cause: ExhibitError) {
    super(cause.message, { cause });
    this.delayMs = delayMs;
  }
}
