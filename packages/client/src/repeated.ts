import { type ErrorCode, type ExhibitError, toExhibitError } from "@exhibit/contracts";
import { abortablePause } from "./abortable-pause.ts";

export interface RepeatOptions {
  /**
   * For how many milliseconds a request is repeated, under the same key, when its response is lost or
   * the server can't carry it out for now. @defaultValue 0
   */
  readonly repeatFor?: number;
  /** Called before the request is repeated, with what became of it. */
  readonly onRepeat?: (fault: ExhibitError) => void;
}

/** Milliseconds before a repetition when the server doesn't ask for another pause. */
const PAUSE = 1_000;

/** What passes by itself. */
const passing: ReadonlySet<ErrorCode> = new Set([
  "SERVICE_UNREACHABLE",
  "IDEMPOTENCY_IN_FLIGHT",
  "OVERLOADED",
  "RATE_LIMITED",
]);

/**
 * Sends a request, and sends it again while its response is lost. Nothing is repeated if the first try
 * finds nobody there: the address may be wrong.
 */
export async function repeated<T>(
  send: () => Promise<T>,
  { repeatFor = 0, onRepeat }: RepeatOptions,
): Promise<T> {
  const deadline = Date.now() + repeatFor;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await send();
    } catch (thrown) {
      const error = toExhibitError(thrown);
      const pause = error.retryAfter ?? PAUSE;
      if (!passing.has(error.code) || (isFirst && error.details.sent === false)) throw error;
      if (Date.now() + pause >= deadline) throw error;
      onRepeat?.(error);
      await abortablePause(pause);
    }
  }
}
