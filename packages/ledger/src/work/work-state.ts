import type { ImportStatus } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { preparedAs } from "../sql/prepared-statements.ts";
import { isPaused } from "../states.ts";

/** One run of a shard: the number of its opening. */
export interface ShardRun {
  shardId: number;
  runNumber: number;
}

export interface WorkState {
  status: ImportStatus;
  paused: boolean;
  superseded: boolean;
}

/**
 * Whether work of an import is wanted now, for those who do it; `vendor`, when the work needs one, may be paused too.
 * `run` is superseded when its shard has been opened once more since. Undefined for an import that isn't there.
 */
export async function readWorkState(
  { db }: Ledger,
  importId: string,
  { vendor, run }: { vendor?: string | undefined; run?: ShardRun | undefined } = {},
): Promise<WorkState | undefined> {
  const { rows } = await sql<WorkState>`${preparedAs("standing")}
    select status, ${isPaused}
      or exists (select from paused_vendors where vendor = ${vendor ?? null}) as paused,
      exists (select from shards where shards.id = ${run?.shardId ?? null} and openings <> ${run?.runNumber ?? null}) as superseded
    from imports where id = ${importId}`.execute(db);
  return rows[0];
}
