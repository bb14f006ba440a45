import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { storable } from "../sql/text.ts";

/** What a worker is. */
export interface WorkerFacts {
  host: string;
  /** The operating system's name of the user that it runs as. */
  osUser: string;
  /** Exhibit's version. */
  version: string;
  node: string;
  openssl: string;
}

/**
 * Records a worker's facts. Returns the ledger's number of them, which all workers that are alike
 * share.
 */
export async function recordWorkerFacts({ db }: Ledger, facts: WorkerFacts): Promise<number> {
  const { host, osUser, version, node, openssl } = facts;
  const { rows } = await sql<{ number: number }>`
    insert into worker_facts (host, os_user, version, node, openssl)
    values (${storable(host)}, ${storable(osUser)}, ${version}, ${node}, ${openssl})
    on conflict (host, os_user, version, node, openssl) do update set host = excluded.host -- returns the existing row
    returning number`.execute(db);
  return rows[0]?.number ?? 0;
}
