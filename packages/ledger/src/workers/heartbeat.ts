import type { WorkerSight, WorkerWaits } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { storable } from "../sql/text.ts";

/** A worker that hasn't been heard of for so long takes no part. */
export const ALIVE = sql<boolean>`seen_at > now() - interval '10 seconds'`;

/** What a worker has to know to take its share. */
export interface Beat {
  /** Undefined until somebody sets one. */
  bwlimit: string | undefined;
  /** Workers that live, this one too. */
  workers: number;
  /** What jobs of workers with another view didn't find: absolute paths. */
  missed: string[];
}

/**
 * Tells the ledger that a worker lives, what it waits for and what it doesn't see, and gives what limit holds and among how many.
 * `worker` is the number of its facts.
 */
export async function beat(
  { db }: Ledger,
  workerId: string,
  { worker, waits, sight }: { worker: number; waits: WorkerWaits; sight: WorkerSight },
): Promise<Beat> {
  const told = storable(JSON.stringify({ ...waits, sight }));
  const { rows } = await sql<{ bwlimit: string | null; workers: number; missed: string[] }>`
    with own as (
      insert into workers (id, worker, waits) values (${workerId}, ${worker}, ${told}::jsonb)
      on conflict (id) do update set seen_at = now(), waits = excluded.waits
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

/** Views of workers that live, other than one's own, and in how many of them something may be seen that isn't in one's own. */
export async function countOtherViews(
  { db }: Ledger,
  view: string,
  path: string,
): Promise<{ views: number; maySee: number }> {
  // A worker of a release that doesn't tell its view isn't asked.
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

/** How many workers live. */
export async function countWorkers({ db }: Pick<Ledger, "db">): Promise<number> {
  const { workers } = await db
    .selectFrom("workers")
    .select((select) => select.fn.countAll<number>().as("workers"))
    .where(ALIVE)
    .executeTakeFirstOrThrow();
  return workers;
}
