import type { EvidenceList } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { textArray } from "../sql/arrays.ts";
import { storable } from "../sql/text.ts";

/** That somebody reads a list of evidence. */
export interface Read {
  readonly who: string;
  readonly what: EvidenceList;
  /** Of what, as its path below /v1. */
  readonly subject: string;
}

/** Days for which reads are on record: a year, and a day for whoever looks late. */
const READS_KEPT_DAYS = 366;

/** Reads that are forgotten by one statement, so that none takes long. */
const FORGOTTEN_AT_ONCE = 10_000;

/**
 * Records reads in the hours in which they were done. One that is on record already, for the same
 * hour, isn't recorded again.
 */
export async function recordReads(
  { db }: Ledger,
  reads: readonly (Read & { readonly hour: Date })[],
): Promise<void> {
  const column = (textOf: (read: (typeof reads)[number]) => string) =>
    textArray(reads.map((read) => storable(textOf(read))));
  // In one order, or two processes that record the same reads would wait for each other.
  await sql`
    insert into reads (hour, who, what, subject)
    select hour::timestamptz, who, what, subject
    from unnest(${column(({ hour }) => hour.toISOString())}::text[], ${column(({ who }) => who)}::text[],
      ${column(({ what }) => what)}::text[], ${column(({ subject }) => subject)}::text[]) as read (hour, who, what, subject)
    order by 1, 2, 3, 4
    on conflict do nothing`.execute(db);
}

/** Forgets reads that were recorded more than a year ago. */
export async function forgetOldReads({ db }: Ledger): Promise<void> {
  await sql`
    delete from reads where id in (
      select id from reads where at < now() - ${READS_KEPT_DAYS} * interval '1 day'
      order by at limit ${FORGOTTEN_AT_ONCE})`.execute(db);
}
