import type { ImportView } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";

/** What an import's view says of its seal, and of how it was verified since. */
type Custody = Pick<ImportView, "seal" | "verified"> & { id: string };

interface CustodyRow extends Custody {
  stamps: NonNullable<ImportView["seal"]>["stamps"];
}

/** Returns the seals of imports, and the last verification of each kind that ended. */
export async function readCustody({ db }: Ledger, importIds: string[]): Promise<Custody[]> {
  if (importIds.length === 0) return [];
  const { rows } = await sql<CustodyRow>`
    select imports.id,
      case when register.number is not null then jsonb_build_object(
        'number', register.number, 'digest', encode(register.digest, 'hex'),
        'root', substring(register.text from 'Root: ([0-9a-f]{64})'), 'signed', register.signature is not null) end as seal,
      (select coalesce(jsonb_agg(jsonb_build_object(
          'authority', authority, 'state', state, 'at', ${isoOf("stamped_at")}) order by authority), '[]')
        from stamps where entry = register.number) as stamps,
      (select coalesce(jsonb_agg(jsonb_build_object(
          'number', number, 'against', against, 'by', by_means, 'sample', sample, 'at', ${isoOf("ended_at")},
          'outcome', case when differs + missing + younger + extra > 0 then 'differs'
            when unreadable > 0 then 'unreadable' else 'same' end) order by number desc), '[]')
        from (
          select distinct on (against, by_means, sample is null) * from verifications
          where import_id = imports.id and state = 'ended'
          order by against, by_means, sample is null, number desc
        ) as last) as verified
    from imports left join register on register.number = imports.sealed_number
    where imports.id = any(${importIds}::uuid[])`.execute(db);
  return rows.map(({ id, seal, stamps, verified }) => ({
    id,
    seal: seal === null ? null : { ...seal, stamps },
    verified,
  }));
}

/** A time as the API has it: in UTC, with milliseconds. */
function isoOf(column: string) {
  return sql`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
