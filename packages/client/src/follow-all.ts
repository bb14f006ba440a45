import {
  type Change,
  type ChangeName,
  changes,
  ExhibitError,
  RESET,
  toExhibitError,
} from "@exhibit/contracts";
import { abortablePause } from "./abortable-pause.ts";
import type { ApiClient } from "./api-client.ts";
import { readServerSentEvents } from "./server-sent-events.ts";

export interface FollowAllOptions {
  /**
   * Called at first, and whenever something may have been missed: read anew what you show. What changes
   * from then on is told after the promise has resolved.
   */
  onReset(): void | Promise<void>;
  /** Called with each thing that has changed, at most once a second for each. */
  onChange(change: Change): void;
  /** Called with the reason when the API stops answering, and with undefined when it answers again. */
  onReachable?(fault: ExhibitError | undefined): void;
  /** Ends it. */
  signal: AbortSignal;
  /** In milliseconds; for tests. */
  pauses?: Partial<typeof defaultPauses>;
}

const defaultPauses = {
  /** Before it asks again after a failure, or after a stream without an event. */
  again: 2_000,
  /** Without a byte for this long the stream counts as dead: some proxies drop a connection silently. */
  silence: 20_000,
};

/**
 * Follows everything that the caller may see, until the signal aborts: then it throws the signal's
 * reason. A connection that ends or drops goes on where it was. Throws the API's own error if repeating
 * won't help (AUTH_REQUIRED).
 */
export async function followAll(api: ApiClient, options: FollowAllOptions): Promise<never> {
  const { signal } = options;
  const pauses = { ...defaultPauses, ...options.pauses };
  let lastId: string | undefined;
  let isLost = false;
  for (;;) {
    signal.throwIfAborted();
    using watch = watchFor(pauses.silence, signal);
    try {
      const response = await api.allEvents(watch.signal, lastId);
      if (isLost) options.onReachable?.(undefined);
      isLost = false;
      let isEmpty = true;
      for await (const event of readServerSentEvents(response, watch.sign)) {
        isEmpty = false;
        if (event.event === RESET) await options.onReset();
        else {
          const change = changeIn(event.event, event.data);
          if (change !== undefined) options.onChange(change);
        }
        // What was told is known; whoever is stopped in between is told it again.
        lastId = event.id ?? lastId;
      }
      // It ends once a minute, so that the caller is asked who they are; but not before it has begun.
      if (isEmpty) await abortablePause(pauses.again, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toExhibitError(thrown);
      if (error.action === "never") throw error;
      if (!isLost) options.onReachable?.(error);
      isLost = true;
      await abortablePause(pauses.again, signal);
    }
  }
}

/** Aborts when nothing has been heard for a while, or when somebody else does. */
function watchFor(silence: number, other: AbortSignal) {
  const stop = new AbortController();
  const giveUp = () => stop.abort(new ExhibitError("SERVICE_UNREACHABLE", "The API is silent."));
  let timer = setTimeout(giveUp, silence);
  return {
    signal: AbortSignal.any([other, stop.signal]),
    sign() {
      clearTimeout(timer);
      timer = setTimeout(giveUp, silence);
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      stop.abort();
    },
  };
}

/** Returns undefined for what this release doesn't know. */
function changeIn(name: string | undefined, text: string): Change | undefined {
  if (name === undefined || !Object.hasOwn(changes, name)) return undefined;
  const known = name as ChangeName;
  const { data } = changes[known].safeParse(JSON.parse(text));
  return data === undefined ? undefined : ({ name: known, data } as Change);
}
