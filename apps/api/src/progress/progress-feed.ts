import { EventEmitter, once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import {
  type ExhibitError,
  type ImportView,
  restingStatuses,
  toExhibitError,
} from "@exhibit/contracts";

export interface ProgressFeed {
  /**
   * Gives `first`, then the import again each time it changed, until it rests. A consumer that is slow gets the
   * newest view and misses those between. Gives undefined when nothing changed for a while: a sign of life.
   */
  follow(first: ImportView, signal: AbortSignal): AsyncIterable<ImportView | undefined>;
  /** Ends everything that is being followed. */
  close(): void;
}

export interface ProgressFeedOptions {
  readonly read: (importId: string) => Promise<ImportView>;
  /** Called when the import couldn't be read; it is tried again. */
  readonly onFault: (error: unknown) => void;
  /** Milliseconds between two looks at an import. @defaultValue 500 */
  readonly interval?: number;
  /** Milliseconds without a change after which there is a sign of life. @defaultValue 15000 */
  readonly heartbeat?: number;
}

/** The ledger has to be silent for so many milliseconds to be told of. */
const SILENCE = 2_000;

/** An import that somebody follows. */
interface Watch {
  latest: ImportView;
  followers: number;
  /** Emits `change` when `latest` was replaced. */
  readonly changes: EventEmitter;
  readonly stop: AbortController;
}

/** However many clients follow an import, it is read once each interval, and not at all when nobody does. */
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
          show(watch, unread(watch.latest, toExhibitError(error), failingSince));
      }
    }
  }

  function show(watch: Watch, view: ImportView): void {
    if (isUnchanged(watch.latest, view)) return;
    watch.latest = view;
    watch.changes.emit("change");
  }

  function join(first: ImportView): Watch {
    const there = watches.get(first.import_id);
    if (there !== undefined) {
      there.followers += 1;
      return there;
    }
    const changes = new EventEmitter().setMaxListeners(0);
    const watch = { latest: first, followers: 1, changes, stop: new AbortController() };
    watches.set(first.import_id, watch);
    void poll(first.import_id, watch);
    return watch;
  }

  function leave(importId: string, watch: Watch): void {
    watch.followers -= 1;
    if (watch.followers > 0) return;
    watch.stop.abort();
    watches.delete(importId);
  }

  return {
    async *follow(first, gone) {
      const signal = AbortSignal.any([gone, closing.signal]);
      const watch = join(first);
      try {
        for (let seen = first; ; seen = watch.latest) {
          yield seen;
          if (restingStatuses.has(seen.status)) return;
          while (isUnchanged(seen, watch.latest)) {
            const changed = await hasChanged(watch, signal, heartbeat);
            if (signal.aborted) return;
            if (!changed) yield undefined;
          }
        }
      } finally {
        leave(first.import_id, watch);
      }
    },
    close: () => closing.abort(),
  };
}

/** What was known last, with the reason why nothing newer is. */
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

/** `seconds` counts up by itself. */
function isUnchanged(before: ImportView, now: ImportView): boolean {
  return (
    before === now ||
    JSON.stringify({ ...before, seconds: 0 }) === JSON.stringify({ ...now, seconds: 0 })
  );
}

/** True on a change, false when `milliseconds` have passed or the signal was given. */
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
