import { ExhibitError } from "@exhibit/contracts";

/** What is allowed of event streams. */
export interface StreamLimits {
  /** How many one principal may have open. @defaultValue 20 */
  readonly each?: number;
  /** How many may be open in all. @defaultValue 2000 */
  readonly all?: number;
  /** For how many milliseconds a reader may take nothing. @defaultValue 60000 */
  readonly longestStall?: number;
}

/**
 * A stream costs a connection and a copy of each event. Twenty are more than a person has windows;
 * a program that follows more imports reads the list of them, which is one request for a thousand.
 */
const EACH = 20;
/** Well below the 5,000 connections of the server, so that streams never use up all of them. */
const ALL = 2_000;
/** Milliseconds. Four heartbeats: whoever takes none of them reads no more. */
const MAX_STALL = 60_000;

/** How long somebody who has too many streams is asked to wait, in milliseconds. */
const RETRY_AFTER = 10_000;

/** Counts the open event streams. */
export interface StreamCount {
  /** Counts one more stream of a principal until it is left. Throws RATE_LIMITED. */
  enter(principal: string): { leave(): void };
  /** For how many milliseconds a reader may take nothing. */
  readonly longestStall: number;
}

export function createStreamCount({
  each = EACH,
  all = ALL,
  longestStall = MAX_STALL,
}: StreamLimits = {}): StreamCount {
  const open = new Map<string, number>();
  let total = 0;
  return {
    longestStall,
    enter(principal) {
      const own = open.get(principal) ?? 0;
      if (own >= each) throw tooMany(`You have ${own} event streams open, as many as you may have`);
      if (total >= all) throw tooMany(`${total} event streams are open, as many as the API serves`);
      open.set(principal, own + 1);
      total += 1;
      let isOpen = true;
      return {
        leave() {
          if (!isOpen) return;
          isOpen = false;
          total -= 1;
          const left = (open.get(principal) ?? 0) - 1;
          if (left > 0) open.set(principal, left);
          else open.delete(principal);
        },
      };
    },
  };
}

function tooMany(what: string): ExhibitError {
  const message = `${what}. Close one, or read the import from time to time instead.`;
  return new ExhibitError("RATE_LIMITED", message, { retryAfter: RETRY_AFTER });
}
