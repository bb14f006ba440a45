import { ExhibitError } from "@exhibit/contracts";
import { type Attempt, Postponed } from "@exhibit/queue";

/** Milliseconds after which others have their turn. */
const TURN_MS = 30_000;
/** Milliseconds before the second request to somebody who couldn't be had; it doubles. */
const FIRST_PAUSE_MS = 30_000;
/** Milliseconds between two requests at most. */
const LONGEST_PAUSE_MS = 60 * 60 * 1000;

interface Turn {
  /** Does one thing that is due. Returns whether another one is worth a try. */
  one(): Promise<boolean>;
  /** Returns in how many milliseconds something is due; undefined for never. */
  next(): Promise<number | undefined>;
  /** Returns why the job comes again. */
  waits(): ExhibitError;
}

/** Does what is due one after the other, for half a minute, and comes back when more will be. */
export async function inTurn({ signal }: Attempt, { one, next, waits }: Turn): Promise<void> {
  const until = Date.now() + TURN_MS;
  while (Date.now() < until && !signal.aborted) if (!(await one())) break;
  if (signal.aborted)
    throw new ExhibitError("INTERRUPTED", "The worker stops.", { cause: signal.reason });
  const again = await next();
  if (again !== undefined) throw new Postponed(Math.max(again, 0), waits());
}

/** Returns the milliseconds until somebody is asked again who couldn't be had so many times. */
export function pauseAfter(attempts: number, firstPauseMs = FIRST_PAUSE_MS): number {
  return Math.min(firstPauseMs * 2 ** Math.min(attempts - 1, 20), LONGEST_PAUSE_MS);
}
