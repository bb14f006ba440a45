import {
  type ImportStatus,
  restingStatuses,
  type Wait,
  type WorkerWaits,
  workerWaits,
} from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { ALIVE } from "./heartbeat.ts";

/** What the live workers last reported about their jobs. */
export interface FleetWaits {
  workers: number;
  /** When a worker was last heard from. */
  lastSeen: Date | undefined;
  /** Imports in which something moved lately. */
  moving: ReadonlySet<string>;
  waits: WorkerWaits["waits"];
}

/** Returns what the live workers last reported about their jobs. */
export async function readWaits({ db }: Ledger): Promise<FleetWaits> {
  const { rows } = await sql<{ alive: boolean; seen_at: Date; waits: unknown }>`
    select ${ALIVE} as alive, seen_at, case when ${ALIVE} then waits end as waits from workers
    order by seen_at desc limit 1000`.execute(db);
  const alive = rows.filter((row) => row.alive);
  // What a worker of another release reports may have another form.
  const told = alive.flatMap(({ waits }) => workerWaits.safeParse(waits).data ?? []);
  const moving = told.flatMap((each) => each.moving);
  const folders = new Set(moving.map(({ folder_id }) => folder_id));
  return {
    workers: alive.length,
    lastSeen: rows[0]?.seen_at,
    moving: new Set(moving.map(({ import_id }) => import_id)),
    // One worker may have postponed a folder that another one works on.
    waits: told.flatMap((each) => each.waits).filter(({ folder_id }) => !folders.has(folder_id)),
  };
}

/** Returns what an import waits for: one entry for each cause, the longest wait first. */
export function waitsOf(
  { workers, lastSeen, waits }: FleetWaits,
  of: {
    importId: string;
    status: ImportStatus;
    since: Date;
    isPaused: boolean;
    startAt: Date | null;
  },
): Wait[] {
  const { importId, status, since, isPaused, startAt } = of;
  if (restingStatuses.has(status) || isPaused) return [];
  if (startAt !== null && startAt.getTime() > Date.now()) {
    const message = `It is to start at ${startAt.toISOString()}.`;
    const until = startAt.toISOString();
    return [{ for: "start", name: null, since: since.toISOString(), code: null, message, until }];
  }
  if (workers === 0) {
    const message = "No worker is running: nothing is read or sent before one is started.";
    const from = lastSeen && lastSeen > since ? lastSeen : since;
    return [{ for: "worker", name: null, since: from.toISOString(), code: null, message }];
  }
  return groupWaits(waits.filter(({ import_id }) => import_id === importId));
}

/**
 * Returns one wait for each cause, the longest first. It ends when something that waits for that cause
 * goes on.
 */
export function groupWaits(waits: WorkerWaits["waits"]): Wait[] {
  const causes = new Map<string, Wait>();
  const sorted = [...waits].sort((a, b) => a.since.localeCompare(b.since));
  for (const { for: waitsFor, name, since, code, message, until } of sorted) {
    const key = `${waitsFor} ${name}`;
    const first = causes.get(key) ?? { for: waitsFor, name, since, code, message };
    causes.set(key, { ...first, ...earlier(first.until, until) });
  }
  return [...causes.values()];
}

function earlier(one: string | undefined, other: string | undefined): { until?: string } {
  const until = [one, other].filter((time) => time !== undefined).sort()[0];
  return until === undefined ? {} : { until };
}
