import {
  ExhibitError,
  type ImportView,
  importView,
  restingStatuses,
  toExhibitError,
} from "@exhibit/contracts";
import { abortablePause } from "./abortable-pause.ts";
import type { ApiClient } from "./api-client.ts";
import { readServerSentEvents } from "./server-sent-events.ts";

export interface FollowOptions {
  onView?(view: ImportView): void;
  /** Called with the reason when the API stops answering, and with undefined when it answers again. */
  onReachable?(fault: ExhibitError | undefined): void;
  signal?: AbortSignal;
  /** In milliseconds; for tests. */
  pauses?: Partial<typeof defaultPauses>;
}

const defaultPauses = {
  /** Between two reads when events don't come. */
  poll: 1_000,
  /** For how long an API that has answered before may stay away: long enough for a restart. */
  giveUp: 60_000,
  /** For how long an API that hasn't answered yet may stay away: it may not exist. */
  giveUpFirst: 3_000,
  /** Without a byte for this long the stream counts as dead: some proxies drop a connection silently. */
  silence: 20_000,
};

/** What was seen last, by reading or by an event: it isn't shown again. */
interface Seen {
  view?: ImportView;
  /** The id of its event; none where the API tells none. */
  id?: string | undefined;
}

/**
 * Follows an import until nothing runs any more for it, and returns its last view. Listens to
 * server-sent events; when the connection drops or no events come, it reads the import and listens
 * again, from what it has seen last: no view is shown twice in a row. Throws SERVICE_UNREACHABLE when the API stays away, the API's own error (NOT_FOUND), or the signal's
 * reason.
 */
export async function followImport(
  api: ApiClient,
  importId: string,
  options: FollowOptions = {},
): Promise<ImportView> {
  const pauses = { ...defaultPauses, ...options.pauses };
  const seen: Seen = {};
  let lostAt: number | undefined;
  let patience = pauses.giveUpFirst;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const view = await api.get(importId);
      if (lostAt !== undefined) options.onReachable?.(undefined);
      lostAt = undefined;
      patience = pauses.giveUp;
      show(view, api.eventIdOf(view), seen, options);
      if (restingStatuses.has(view.status)) return view;
      const last = await listen(api, importId, { seen, silence: pauses.silence, ...options });
      if (last !== undefined && restingStatuses.has(last.status)) return last;
    } catch (thrown) {
      options.signal?.throwIfAborted();
      const error = toExhibitError(thrown);
      if (error.action === "never") throw error;
      if (lostAt === undefined) options.onReachable?.(error);
      lostAt ??= Date.now();
      if (Date.now() - lostAt > patience) throw error;
    }
    await abortablePause(pauses.poll, options.signal);
  }
}

/** Shows a view that isn't the one that was seen last. */
function show(view: ImportView, id: string | undefined, seen: Seen, options: FollowOptions): void {
  const isKnown = view === seen.view || (id !== undefined && id === seen.id);
  Object.assign(seen, { view, id });
  if (!isKnown) options.onView?.(view);
}

/**
 * Reads events until the import rests or the stream ends, for whatever reason, and returns the last
 * view that came.
 */
async function listen(
  api: ApiClient,
  importId: string,
  { seen, silence, ...options }: FollowOptions & { seen: Seen; silence: number },
): Promise<ImportView | undefined> {
  const stop = new AbortController();
  const giveUp = () => stop.abort();
  let watchdog = setTimeout(giveUp, silence);
  const restartWatchdog = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(giveUp, silence);
  };
  const signal =
    options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  let last: ImportView | undefined;
  try {
    const response = await api.events(importId, signal, seen.id);
    for await (const event of readServerSentEvents(response, restartWatchdog)) {
      const view = viewIn(event.data);
      if (view === undefined) continue;
      last = view;
      show(view, event.id, seen, options);
      if (restingStatuses.has(view.status)) break;
    }
  } catch (error) {
    // A stream may drop at any time; the next read shows why. Only a clear "no" ends it here.
    if (error instanceof ExhibitError && error.code === "NOT_FOUND") throw error;
  } finally {
    clearTimeout(watchdog);
    stop.abort();
  }
  return last;
}

/** Returns undefined for heartbeats and unknown events, which hold no import. */
function viewIn(data: string): ImportView | undefined {
  try {
    return importView.safeParse(JSON.parse(data)).data;
  } catch {
    return undefined;
  }
}
