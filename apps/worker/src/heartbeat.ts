import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import {
  parseBwlimit,
  type Rate,
  rateAt,
  type Timetable,
  type ToldReport,
  type WorkerWaits,
} from "@exhibit/contracts";
import { type Meter, NO_LIMIT, type Sight } from "@exhibit/ingest";
import { beat, deregister, type Ledger, type Moved, recordProgress } from "@exhibit/ledger";
import type { Logger } from "@exhibit/telemetry";

export interface Heartbeat {
  /** Stops the heartbeat and deregisters the worker. */
  close(): Promise<void>;
}

/** Every worker knows of a new limit or another worker after two of these at the latest. */
const BEAT_MS = 2_000;
/** How long deregistering may take. */
const DEREGISTER_MS = 1_000;

export interface HeartbeatOptions {
  ledger: Ledger;
  logger: Logger;
  /** The id of this worker's facts in the ledger. */
  worker: number;
  /** Called with this worker's share in bytes per second; undefined means no limit. */
  pace: (rate: number | undefined) => void;
  /** Returns what this worker's jobs wait for. */
  waits: () => WorkerWaits;
  /**
   * Reports the sources that this worker can't see, and takes what other workers ask it to look
   * for.
   */
  sight: Pick<Sight, "report" | "search">;
  /** What the files of this worker's jobs did. */
  meter: Pick<Meter, "take" | "giveBack" | "rate">;
  /** Returns what this worker says of itself, beside its rate. */
  report: () => Omit<ToldReport, keyof Rate>;
  /** The time that timetables go by, in the local zone of the process. */
  now?: () => Date;
  /** @defaultValue 2000 */
  beatMs?: number;
}

/**
 * Tells the ledger every two seconds that this worker is alive, and keeps to its share of the
 * bandwidth: the limit of the moment, divided by the number of workers alive. While the ledger is
 * away, the last known timetable and number of workers stay in force.
 */
export async function startHeartbeat(options: HeartbeatOptions): Promise<Heartbeat> {
  const { ledger, logger, worker, pace, waits, sight, meter, beatMs = BEAT_MS } = options;
  const { now = () => new Date() } = options;
  const id = randomUUID();
  let timetable: Timetable = [];
  let workers = 1;
  let isLedgerAway = false;
  let beating: Promise<void> | undefined;

  function keepShare(): void {
    const rate = rateAt(timetable, now());
    pace(rate === null ? undefined : rate / workers);
  }

  /** Tells the ledger what moved since the last time; what couldn't be told is told later. */
  async function tellProgress({ moving }: WorkerWaits): Promise<void> {
    const taken = meter.take();
    try {
      await recordProgress(ledger, withWalks(taken.moved, moving), taken.seconds);
    } catch (thrown) {
      meter.giveBack(taken);
      throw thrown;
    }
  }

  async function sendBeat(): Promise<void> {
    try {
      const told = waits();
      const report = { ...options.report(), ...meter.rate() };
      const heard = await beat(ledger, id, { worker, waits: told, sight: sight.report(), report });
      timetable = parseBwlimit(heard.bwlimit ?? NO_LIMIT);
      ({ workers } = heard);
      sight.search(heard.missed);
      await tellProgress(told);
      isLedgerAway = false;
    } catch (err) {
      // Logged once; jobs that need the ledger log the rest.
      if (!isLedgerAway) logger.warn({ err }, "the ledger can't be told that this worker is alive");
      isLedgerAway = true;
    }
    keepShare();
  }

  /** Sends one beat at a time, so that a ledger that hangs isn't asked again. */
  function tick(): void {
    keepShare();
    beating ??= sendBeat().finally(() => {
      beating = undefined;
    });
  }

  async function endBeats(): Promise<void> {
    await beating;
    if (!isLedgerAway) await deregister(ledger, id).catch(() => undefined);
  }

  await sendBeat();
  const timer = setInterval(tick, beatMs);
  return {
    async close() {
      clearInterval(timer);
      // A worker that isn't deregistered stops counting by itself, so no process waits for a ledger
      // that is away.
      const patience = new AbortController();
      const late = pause(DEREGISTER_MS, undefined, { signal: patience.signal }).catch(
        () => undefined,
      );
      await Promise.race([endBeats(), late]);
      patience.abort();
    },
  };
}

/** Adds the imports that moved without a file or a byte, because their sources are walked. */
function withWalks(moved: readonly Moved[], moving: WorkerWaits["moving"]): Moved[] {
  const counted = new Set(moved.map(({ importId }) => importId));
  const others = new Set(moving.map(({ import_id }) => import_id).filter((id) => !counted.has(id)));
  return [...moved, ...[...others].map((importId) => ({ importId, files: 0, bytes: 0 }))];
}
