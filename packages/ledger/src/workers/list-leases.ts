import { isUnscoped, toldReport, type VendorLease } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { textArray } from "../sql/arrays.ts";
import { ALIVE } from "./heartbeat.ts";

/** What a worker tells of its leases; one of an earlier release tells nothing. */
const told = toldReport.pick({ pid: true, leases: true });

/**
 * Returns the leases of a vendor that live workers hold, the last to end first. Within a scope these
 * are the leases that open nothing but folders of its imports, and workers are counted only.
 */
export async function listLeases(ledger: Ledger, vendor: string): Promise<VendorLease[]> {
  const { rows } = await sql<{ worker_id: string; host: string | null; report: unknown }>`
    select workers.id as worker_id, host, report
    from workers left join worker_facts on worker_facts.number = workers.worker
    where ${ALIVE} order by since`.execute(ledger.db);
  const leases = new Map<string, Required<VendorLease>>();
  for (const { worker_id, host, report } of rows) {
    const { pid = 0, leases: held = [] } = told.safeParse(report).data ?? {};
    for (const lease of held) {
      if (lease.vendor !== vendor || Date.parse(lease.expires_at) <= Date.now()) continue;
      const held_by = [...(leases.get(lease.lease_id)?.held_by ?? []), { worker_id, host, pid }];
      leases.set(lease.lease_id, { ...lease, workers: held_by.length, held_by });
    }
  }
  const all = [...leases.values()].sort((a, b) => b.expires_at.localeCompare(a.expires_at));
  if (ledger.scope === undefined || isUnscoped(ledger.scope)) return all;
  return (await leasesWithin(ledger, all)).map(({ held_by, ...lease }) => lease);
}

/** Keeps the leases of which each prefix is the folder of an import within the scope. */
async function leasesWithin<Lease extends VendorLease>(
  ledger: Ledger,
  all: Lease[],
): Promise<Lease[]> {
  const places = all.flatMap(({ bucket, prefixes }) => prefixes.map((prefix) => [bucket, prefix]));
  if (places.length === 0) return [];
  const { rows } = await sql<{ bucket: string; prefix: string }>`
    select distinct folders.bucket, folders.prefix
    from unnest(${textArray(places.map(([bucket = ""]) => bucket))}::text[],
        ${textArray(places.map(([, prefix = ""]) => prefix))}::text[]) as place (bucket, prefix)
      join folders on folders.bucket = place.bucket and folders.prefix = place.prefix
      join imports on imports.id = folders.import_id
    where ${isWithin(ledger)}`.execute(ledger.db);
  const own = new Set(rows.map(({ bucket, prefix }) => JSON.stringify([bucket, prefix])));
  return all.filter(
    ({ bucket, prefixes }) =>
      prefixes.length > 0 && prefixes.every((prefix) => own.has(JSON.stringify([bucket, prefix]))),
  );
}
