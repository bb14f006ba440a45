import { EventEmitter, once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { type ExhibitError, type ImportView, toExhibitError } from "@exhibit/contracts";
import { type Sighting, sightingOf } from "./sighting.ts";

export interface ProgressFeed {
  /**
   * Yields `first`, then the import each time it has changed, until nothing runs any more for it. A
   * slow consumer gets the newest view and misses those before it. Yields undefined as a heartbeat
   * when nothing has changed for a while.
   */
  follow(first: ImportView, signal: AbortSignal): AsyncIterable<Sighting | undefined>;
  /** Ends all iterations. */
  close(): void;
}

export interface ProgressFeedOptions {
  readonly read: (importId: string) => Promise<ImportView>;
  /** Called when an import couldn't be read; it is read again. */
  readonly onFault: (error: unknown) => void;
  /** Milliseconds between two reads of an import. @defaultValue 500 */
  readonly interval?: number;
  /** Milliseconds without a change before a heartbeat. @defaultValue 15000 */
  readonly heartbeat?: number;
}

/** Milliseconds for which reads have to fail before followers are told. */
const SILENCE = 2_000;

/** An import with at least one follower. */
interface Watch {
  latest: Sighting;
  followers: number;
  /** Emits `change` when `latest` is replaced. */
  readonly changes: EventEmitter;
  readonly stop: AbortController;
}

/** Creates a feed that reads an import once in each interval, however many clients follow it. */
export function createProgressFeed(options: ProgressFeedOptions): ProgressFeed {
  const { read, onFault, interval = 500, heartbeat = 15_000 } = options;
  const watches = new Map<string, Watch>();
  const closing = new AbortController();

  async function poll(importId: string, watch: Watch): Promise<void> {
    let failingSince: number | undefined;
    while (!watch.stop.signal.aborted) {
      await pause(interval, undefined, { signal: watch.stop.signal }).catch(() => undefined);
      if (watch.stop.signal.aborted) return;
      try {
        const view = await read(importId);
        failingSince = undefined;
        show(watch, view);
      } catch (error) {
        onFault(error);
        failingSince ??= Date.now();
        if (Date.now() - failingSince >= SILENCE)
          show(watch, unread(watch.latest.view, toExhibitError(error), failingSince));
      }
    }
  }

  function show(watch: Watch, view: ImportView): void {
    const sighting = sightingOf(view);
    if (isSame(watch.latest, sighting)) return;
    watch.latest = sighting;
    watch.changes.emit("change");
  }

  function join(first: Sighting): Watch {
    const there = watches.get(first.importId);
    if (there !== undefined) {
      there.followers += 1;
      return there;
    }
    const changes = new EventEmitter().setMaxListeners(0);
    const watch = { latest: first, followers: 1, changes, stop: new AbortController() };
    watches.set(first.importId, watch);
    void poll(first.importId, watch);
    return watch;
  }

  function leave(importId: string, watch: Watch): void {
    watch.followers -= 1;
    if (watch.followers > 0) return;
    watch.stop.abort();
    watches.delete(importId);
  }

  return {
    async *follow(view, gone) {
      const signal = AbortSignal.any([gone, closing.signal]);
      const own = sightingOf(view);
      const watch = join(own);
      try {
        // What others have seen already isn't kept twice.
        const first = isSame(own, watch.latest) ? watch.latest : own;
        for (let seen = first; ; seen = watch.latest) {
          yield seen;
          if (seen.isResting) return;
          while (isSame(seen, watch.latest)) {
            const changed = await hasChanged(watch, signal, heartbeat);
            if (signal.aborted) return;
            if (!changed) yield undefined;
          }
        }
      } finally {
        leave(own.importId, watch);
      }
    },
    close: () => closing.abort(),
  };
}

/** Returns the last known view, with the reason why there is no newer one. */
function unread(last: ImportView, { code, message }: ExhibitError, since: number): ImportView {
  const wait = {
    for: "ledger" as const,
    name: null,
    since: new Date(since).toISOString(),
    code,
    message,
  };
  const others = last.waiting.filter((each) => each.for !== "ledger");
  return { ...last, waiting: [wait, ...others], moving: false };
}

function isSame(one: Sighting, other: Sighting): boolean {
  return one === other || one.fingerprint === other.fingerprint;
}

/** Resolves to true on a change, to false after `milliseconds` or when the signal aborts. */
async function hasChanged(
  watch: Watch,
  signal: AbortSignal,
  milliseconds: number,
): Promise<boolean> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
  return once(watch.changes, "change", { signal: limit }).then(
    () => true,
    () => false,
  );
}
