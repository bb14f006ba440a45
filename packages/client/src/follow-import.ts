import { setTimeout as pause } from "node:timers/promises";
import {
  ExhibitError,
  type ImportView,
  importView,
  restingStatuses,
  toExhibitError,
} from "@exhibit/contracts";
import type { ApiClient } from "./api-client.ts";
import { readServerSentEvents } from "./server-sent-events.ts";

export interface FollowOptions {
  onView(view: ImportView): void;
  /** Told once why the API can't tell anything, and once when it can again. */
  onReachable?(fault: ExhibitError | undefined): void;
  signal?: AbortSignal;
  /** Milliseconds; for tests. */
  pauses?: Partial<typeof defaultPauses>;
}

const defaultPauses = {
  /** Between two questions when events don't come. */
  poll: 1_000,
  /** Of an API that has answered but doesn't any more, before we give up: long enough for a restart. */
  giveUp: 60_000,
  /** Of one that hasn't answered yet: it may not be there at all. */
  giveUpFirst: 3_000,
  /** Without a byte on the stream before it counts as dead: some proxies drop a connection without a word. */
  silence: 20_000,
};

/**
 * Follows an import until nothing runs any more for it, and gives its last view. Listens to server-sent events; when
 * the connection drops or events don't come at all, it asks, and listens again.
 * Throws SERVICE_UNREACHABLE when the API stays silent, or what the API answers (NOT_FOUND).
 */
export async function followImport(
  api: ApiClient,
  importId: string,
  options: FollowOptions,
): Promise<ImportView> {
  const pauses = { ...defaultPauses, ...options.pauses };
  let lostAt: number | undefined;
  let patience = pauses.giveUpFirst;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const view = await api.get(importId);
      if (lostAt !== undefined) options.onReachable?.(undefined);
      lostAt = undefined;
      patience = pauses.giveUp;
      options.onView(view);
      if (restingStatuses.has(view.status)) return view;
      const last = await listen(api, importId, options, pauses.silence);
      if (last !== undefined && restingStatuses.has(last.status)) return last;
    } catch (thrown) {
      options.signal?.throwIfAborted();
      const error = toExhibitError(thrown);
      if (error.action === "never") throw error;
      if (lostAt === undefined) options.onReachable?.(error);
      lostAt ??= Date.now();
      if (Date.now() - lostAt > patience) throw error;
    }
    await pause(
      pauses.poll,
      undefined,
      options.signal === undefined ? {} : { signal: options.signal },
    );
  }
}

/** Reads events until the import rests or the stream ends, for whatever reason; gives the last view that came. */
async function listen(
  api: ApiClient,
  importId: string,
  options: FollowOptions,
  silence: number,
): Promise<ImportView | undefined> {
  const stop = new AbortController();
  const watchdog = setTimeout(() => stop.abort(), silence);
  const signal =
    options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  let last: ImportView | undefined;
  try {
    const answer = await api.events(importId, signal);
    for await (const event of readServerSentEvents(answer, () => watchdog.refresh())) {
      const view = viewIn(event.data);
      if (view === undefined) continue;
      last = view;
      options.onView(view);
      if (restingStatuses.has(view.status)) break;
    }
  } catch (error) {
    // A stream may drop at any time. What it means shows when we ask next; only a clear "no" ends it here.
    if (error instanceof ExhibitError && error.code === "NOT_FOUND") throw error;
  } finally {
    clearTimeout(watchdog);
    stop.abort();
  }
  return last;
}

/** Heartbeats and events of kinds we don't know hold no import. */
function viewIn(data: string): ImportView | undefined {
  try {
    return importView.safeParse(JSON.parse(data)).data;
  } catch {
    return undefined;
  }
}
