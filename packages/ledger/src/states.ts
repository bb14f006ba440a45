import { closedStatuses, type FileState, type ImportStatus } from "@exhibit/contracts";
import { type RawBuilder, sql } from "kysely";

// The SQL conditions that tell states apart; docs/states.md draws the states and says who changes
// them. Each condition is on a row of the table that it names, which a statement must not have
// given another name.

export const shardStates = ["open", "stored", "failed"] as const;
export type ShardState = (typeof shardStates)[number];

/** Holds while an import has work: it neither rests in `attention` nor has ended. */
export const isRunning = statusIn("planning", "storing", "sealing");

/** Holds once an import has ended for good: nothing that people do changes it any more. */
export const isClosed = statusIn(...closedStatuses);

export const isCancelled = statusIn("cancelled");

/** Holds while a person has paused an import; its status stays as it is. */
export const isPaused = sql<boolean>`(imports.paused_at is not null)`;

/** Holds while an import waits for the time at which it is to start; it is `planning` by then. */
export const isScheduled = sql<boolean>`(imports.start_at is not null and imports.start_at > now())`;

/**
 * Holds when nothing of an import is open: all its sources are walked and all its shards finished.
 */
export const isComplete = sql<boolean>`(imports.open_folders = 0 and imports.open_shards = 0)`;

/** Holds when an import rests because its totals were wrong, perhaps among other reasons. */
export const hadWrongTotals = sql<boolean>`(${statusIn("attention")} and imports.error_code is not null)`;

/** Holds for an import that waits for nothing but its seal, once it is complete. */
export const awaitsSeal = statusIn("storing", "sealing");

/**
 * Holds for an import that has ended without a seal and can have one: what was on its way when it was
 * cancelled has been recorded by then.
 */
export const lacksSeal = sql<boolean>`(imports.sealed_number is null and ${isClosed}
  and (imports.status = 'sealed' or imports.updated_at < now() - interval '15 minutes'))`;

/** Holds while a person has paused a folder's vendor. */
export const vendorIsPaused = sql<boolean>`(folders.vendor in (select vendor from paused_vendors))`;

export const shardIsOpen = shardStateIs("open");
export const shardHasFailed = shardStateIs("failed");

export const fileIsPlanned = fileStateIs("planned");
export const fileHasFailed = fileStateIs("failed");

/** The words are written into the statement: the index of open imports has them, too. */
function statusIn(...statuses: ImportStatus[]): RawBuilder<boolean> {
  return sql`(imports.status in (${sql.join(statuses.map((status) => sql.lit(status)))}))`;
}

function shardStateIs(state: ShardState): RawBuilder<boolean> {
  return sql`(shards.state = ${sql.lit(state)})`;
}

function fileStateIs(state: FileState): RawBuilder<boolean> {
  return sql`(files.state = ${sql.lit(state)})`;
}
