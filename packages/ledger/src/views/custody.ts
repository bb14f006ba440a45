import type { ImportView, VerificationView } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { stampedAs } from "../sql/stamped-as.ts";

/** What an import's view says of its seal, and of how it was verified since. */
type Custody = Pick<ImportView, "seal" | "verified"> & { id: string };
type Seal = NonNullable<Custody["seal"]>;
type Verified = Custody["verified"][number];

/** What a verification has found that isn't the same. */
type FoundCounts = Pick<
  VerificationView,
  "differs" | "missing" | "younger" | "extra" | "unreadable"
>;

interface CustodyRow {
  id: string;
  seal: Omit<Seal, "stamps"> | null;
  stamps: Seal["stamps"];
  verified: (Omit<Verified, "outcome"> & FoundCounts)[];
}

/** Returns the seals of imports that have one, and the last verification of each kind that ended. */
export async function readCustody({ db }: Ledger, importIds: string[]): Promise<Custody[]> {
  if (importIds.length === 0) return [];
  const { rows } = await sql<CustodyRow>`
    select imports.id,
      case when register.number is not null then jsonb_build_object(
        'number', register.number, 'digest', encode(register.digest, 'hex'),
        'root', substring(register.text from 'Root: ([0-9a-f]{64})'), 'signed', register.signature is not null) end as seal,
      (select coalesce(jsonb_agg(jsonb_build_object(
          'authority', authority, 'state', state, 'at', stamped_at) order by authority), '[]')
        from stamps where entry = ${stampedAs(sql.ref("register.number"))}) as stamps,
      (select coalesce(jsonb_agg(to_jsonb(last) order by number desc), '[]')
        from (
          select distinct on (against, by_means, sample is null)
            number, against, by_means as by, sample, ended_at as at, differs, missing, younger, extra, unreadable
          from verifications
          where import_id = imports.id and state = 'ended'
          order by against, by_means, sample is null, number desc
        ) as last) as verified
    from imports left join register on register.number = imports.sealed_number
    where imports.id = any(${importIds}::uuid[]) and imports.sealed_number is not null`.execute(db);
  return rows.map(({ id, seal, stamps, verified }) => ({
    id,
    seal: seal && {
      ...seal,
      stamps: stamps.map((stamp) => ({ ...stamp, at: stamp.at && isoOf(stamp.at) })),
    },
    verified: verified.map(({ number, against, by, sample, at, ...counts }) => ({
      ...{ number, against, by, sample, at: isoOf(at) },
      outcome: outcomeOf(counts),
    })),
  }));
}

/** Returns what came of a verification that has ended. */
export function outcomeOf({
  differs,
  missing,
  younger,
  extra,
  unreadable,
}: FoundCounts): Verified["outcome"] {
  if (differs + missing + younger + extra > 0) return "differs";
  return unreadable > 0 ? "unreadable" : "same";
}

/** Returns a time of Postgres's JSON as the API has it. */
function isoOf(time: string): string {
  return new Date(time).toISOString();
}
