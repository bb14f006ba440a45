import type { ImportStatus } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { preparedAs } from "../sql/prepared-statements.ts";
import { isPaused } from "../states.ts";

/** One run of a shard. */
export interface ShardRun {
  shardId: number;
  runNumber: number;
}

/** What may stop work on an import. */
export interface WorkState {
  status: ImportStatus;
  paused: boolean;
  superseded: boolean;
}

/**
 * Returns whether work on an import is still wanted. `paused` is true if the import or `vendor` is
 * paused; `superseded` if another run has claimed the shard of `run`. Undefined for an unknown
 * import.
 */
export async function readWorkState(
  { db }: Ledger,
  importId: string,
  { vendor, run }: { vendor?: string | undefined; run?: ShardRun | undefined } = {},
): Promise<WorkState | undefined> {
  const { rows } = await sql<WorkState>`${preparedAs("work state")}
    select status, ${isPaused}
      or exists (select from paused_vendors where vendor = ${vendor ?? null}) as paused,
      exists (select from shards where shards.id = ${run?.shardId ?? null} and openings <> ${run?.runNumber ?? null}) as superseded
    from imports where id = ${importId}`.execute(db);
  return rows[0];
}
