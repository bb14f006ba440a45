import { sql } from "kysely";
import type { Ledger } from "../../ledger.ts";
import { isWithin } from "../../scope.ts";
import { isRunning } from "../../states.ts";

/** How many running imports are looked at: those that changed last. */
const MAX_RUNNING = 1_000;

/** How many acts are looked at: the latest. */
const MAX_ACTS = 1_000;

/**
 * Which imports may have changed. One changes while it runs, and otherwise when somebody acts on it:
 * so nothing has to be found by its time, which a long transaction makes older than what was seen.
 */
export interface Movement {
  running: { id: string; updatedAt: Date }[];
  /** What people did to imports, the latest first. */
  acts: { id: number; importId: string }[];
  /** Whether there are more acts than these. */
  hasMoreActs: boolean;
}

export async function readMovement(ledger: Ledger): Promise<Movement> {
  const [running, acts] = await Promise.all([
    sql<Movement["running"][number]>`
      select id, updated_at as "updatedAt" from imports where ${isRunning} and ${isWithin(ledger)}
      order by updated_at desc limit ${MAX_RUNNING}`.execute(ledger.db),
    sql<Movement["acts"][number]>`
      select acts.id, import_id as "importId" from acts join imports on imports.id = import_id
      where ${isWithin(ledger)} order by acts.id desc limit ${MAX_ACTS}`.execute(ledger.db),
  ]);
  return { running: running.rows, acts: acts.rows, hasMoreActs: acts.rows.length === MAX_ACTS };
}
