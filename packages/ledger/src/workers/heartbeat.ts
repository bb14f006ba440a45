import type { ToldReport, WorkerSight, WorkerWaits } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { storable } from "../sql/text.ts";

/** Holds for a worker that was heard from lately; any other takes no part. */
export const ALIVE = sql<boolean>`seen_at > now() - interval '10 seconds'`;

/** What a worker has to know to take its share. */
export interface Beat {
  /** Undefined until somebody sets one. */
  bwlimit: string | undefined;
  /** How many workers are alive, this one included. */
  workers: number;
  /** Absolute paths that jobs of workers with another view didn't find. */
  missed: string[];
}

/**
 * Tells the ledger that a worker is alive, what it waits for, which paths it doesn't see and what it
 * says of itself. Returns the limit that applies and how many workers share it. `worker` is the number of its
 * facts.
 */
export async function beat(
  { db }: Ledger,
  workerId: string,
  told: { worker: number; waits: WorkerWaits; sight: WorkerSight; report: ToldReport },
): Promise<Beat> {
  const { worker, sight } = told;
  const waits = storable(JSON.stringify({ ...told.waits, sight }));
  const report = storable(JSON.stringify(told.report));
  const { rows } = await sql<{ bwlimit: string | null; workers: number; missed: string[] }>`
    with own as (
      insert into workers (id, worker, waits, report)
      values (${workerId}, ${worker}, ${waits}::jsonb, ${report}::jsonb)
      on conflict (id) do update set seen_at = now(), waits = excluded.waits, report = excluded.report
    ), gone as (
      delete from workers where seen_at < now() - interval '1 hour' and id <> ${workerId}
    )
    select (select bwlimit from bandwidth_limits order by id desc limit 1) as bwlimit,
      1 + (select count(*) from workers where ${ALIVE} and id <> ${workerId}) as workers,
      array(select distinct path from workers,
          jsonb_array_elements_text(coalesce(waits -> 'sight' -> 'missed', '[]')) as path
        where ${ALIVE} and waits -> 'sight' ->> 'view' <> ${sight.view}) as missed`.execute(db);
  const [row] = rows;
  return {
    bwlimit: row?.bwlimit ?? undefined,
    workers: row?.workers ?? 1,
    missed: row?.missed ?? [],
  };
}

/**
 * Counts the views of other live workers, and those in which `path` may be seen although it isn't
 * seen in `view`.
 */
export async function countOtherViews(
  { db }: Ledger,
  view: string,
  path: string,
): Promise<{ views: number; maySee: number }> {
  // A worker of a release that doesn't report its view isn't counted.
  const { rows } = await sql<{ views: number; maySee: number }>`
    select count(*) as views, count(*) filter (where not blind) as "maySee" from (
      select bool_or(waits -> 'sight' -> 'missed' ? ${path} or waits -> 'sight' -> 'unseen_too' ? ${path}) as blind
      from workers where ${ALIVE} and waits -> 'sight' ->> 'view' <> ${view}
      group by waits -> 'sight' ->> 'view') as views`.execute(db);
  return rows[0] ?? { views: 0, maySee: 0 };
}

/** Tells the ledger that a worker ends. */
export async function deregister({ db }: Ledger, workerId: string): Promise<void> {
  await db.deleteFrom("workers").where("id", "=", workerId).execute();
}

/** Returns how many workers are alive. */
export async function countWorkers({ db }: Pick<Ledger, "db">): Promise<number> {
  const { workers } = await db
    .selectFrom("workers")
    .select((select) => select.fn.countAll<number>().as("workers"))
    .where(ALIVE)
    .executeTakeFirstOrThrow();
  return workers;
}
