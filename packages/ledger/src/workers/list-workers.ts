import { type FleetWorker, workerReport } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { ALIVE } from "./heartbeat.ts";

/** How many workers are listed, those that were heard from last. */
const MAX_LISTED = 1000;

interface Row {
  id: string;
  since: Date;
  seen_at: Date;
  alive: boolean;
  report: unknown;
  host: string | null;
  os_user: string | null;
  version: string | null;
  node: string | null;
}

/** Returns the workers that are alive, or died within the last hour; the oldest first. */
export async function listWorkers({ db }: Ledger): Promise<FleetWorker[]> {
  const { rows } = await sql<Row>`
    select workers.id, since, seen_at, ${ALIVE} as alive, report, host, os_user, version, node
    from workers left join worker_facts on worker_facts.number = workers.worker
    order by seen_at desc limit ${MAX_LISTED}`.execute(db);
  const listed = rows.map(({ id, since, seen_at, report, ...row }) => ({
    worker_id: id,
    ...row,
    since: since.toISOString(),
    seen_at: seen_at.toISOString(),
    // What a worker of another release reports may have another form.
    report: workerReport.safeParse(report).data ?? null,
  }));
  return listed.sort((a, b) => a.since.localeCompare(b.since));
}
