import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { parseBwlimit, rateAt, type Timetable, type WorkerWaits } from "@exhibit/contracts";
import { NO_LIMIT, type Sight } from "@exhibit/ingest";
import { beat, deregister, type Ledger } from "@exhibit/ledger";
import type { Logger } from "@exhibit/telemetry";

export interface Presence {
  close(): Promise<void>;
}

/** A change of the limit, or a worker more, is known to all after two of these at the latest. */
const BEAT_MS = 2_000;
/** What the end of a worker may take to be told. */
const LEAVE_MS = 1_000;

export interface PresenceOptions {
  ledger: Ledger;
  logger: Logger;
  /** The number of this worker's facts. */
  worker: number;
  /** Takes this worker's share in bytes a second; undefined: no limit. */
  pace: (rate: number | undefined) => void;
  /** What this worker's jobs wait for. */
  waits: () => WorkerWaits;
  /** What it doesn't see of the sources, and what others ask it to look for. */
  sight: Pick<Sight, "look" | "hear">;
  /** By the local time of the process. */
  now?: () => Date;
  /** @defaultValue 2000 */
  beatMs?: number;
}

/**
 * Tells the ledger every two seconds that this worker lives, and keeps to its share of the bandwidth: the limit that
 * holds now, divided by the workers that live. While the ledger is away, what was known last goes on, by the timetable.
 */
export async function keepPresence(options: PresenceOptions): Promise<Presence> {
  const { ledger, logger, worker, pace, waits, sight, beatMs = BEAT_MS } = options;
  const { now = () => new Date() } = options;
  const id = randomUUID();
  let timetable: Timetable = [];
  let workers = 1;
  let isAway = false;
  let beating: Promise<void> | undefined;

  function keepShare(): void {
    const rate = rateAt(timetable, now());
    pace(rate === null ? undefined : rate / workers);
  }

  async function tell(): Promise<void> {
    try {
      const heard = await beat(ledger, id, { worker, waits: waits(), sight: sight.look() });
      timetable = parseBwlimit(heard.bwlimit ?? NO_LIMIT);
      ({ workers } = heard);
      sight.hear(heard.missed);
      isAway = false;
    } catch (err) {
      // Said once: jobs that need the ledger say the rest.
      if (!isAway) logger.warn({ err }, "the ledger can't be told that this worker lives");
      isAway = true;
    }
    keepShare();
  }

  /** One at a time: a ledger that hangs isn't asked again. */
  function tick(): void {
    keepShare();
    beating ??= tell().finally(() => {
      beating = undefined;
    });
  }

  async function goOut(): Promise<void> {
    await beating;
    if (!isAway) await deregister(ledger, id).catch(() => undefined);
  }

  await tell();
  const timer = setInterval(tick, beatMs);
  return {
    async close() {
      clearInterval(timer);
      // One that isn't taken out ceases to count by itself: no end of a process waits for a ledger that is away.
      const patience = new AbortController();
      const late = pause(LEAVE_MS, undefined, { signal: patience.signal }).catch(() => undefined);
      await Promise.race([goOut(), late]);
      patience.abort();
    },
  };
}
