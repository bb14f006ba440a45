import { ExhibitError, type Period, type VerificationRequest } from "@exhibit/contracts";
import { sql } from "kysely";
import { ITSELF } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { startVerification } from "./verifications.ts";

/** How each seal is verified again and again. */
export interface Schedule {
  readonly every: Period;
  readonly request: VerificationRequest;
}

/** Entries of the register that one call looks at for seals. */
const SEALS_AT_ONCE = 1_000;
/** Scheduled verifications that run at once, in the whole deployment. */
const MAX_RUNNING = 8;
/** For how long one that couldn't be begun is left alone. */
const AGAIN_AFTER = "1 hour";

/**
 * Begins the verifications that are due by a schedule, the longest overdue first. Returns their
 * numbers; each needs a job. A seal is due once its last verification by the schedule began that long
 * ago, or it was sealed that long ago. Seals that were older when the schedule came are spread over one
 * whole period. Whatever calls this at once, each is begun once.
 */
export async function beginDue(ledger: Ledger, schedule: Schedule): Promise<number[]> {
  const name = nameOf(schedule.request);
  await putDownSeals(ledger, name, schedule);
  const begun: number[] = [];
  for (const importId of await claimDue(ledger, name, schedule)) {
    const number = await begin(ledger, importId, name, schedule);
    if (number !== undefined) begun.push(number);
  }
  return begun;
}

/** A schedule is known by what it does: another period of the same goes on with the same seals. */
function nameOf({ against, by, sample, rate }: VerificationRequest): string {
  const parts = [against, by, sample && `sample ${sample}`, rate && `rate ${rate}`];
  return parts.filter(Boolean).join(", ");
}

const lengthOf = ({ every: { count, unit } }: Schedule) => sql`${`${count} ${unit}`}::interval`;

/** Puts down the seals that came since. */
async function putDownSeals({ db }: Ledger, name: string, schedule: Schedule): Promise<void> {
  await sql`insert into schedules (name) values (${name}) on conflict do nothing`.execute(db);
  await sql`
    with known as (
      select up_to from schedules where name = ${name} for update
    ), looked as (
      select number, kind, import_id, at from register, known where number > up_to
      order by number limit ${SEALS_AT_ONCE}
    ), put as (
      insert into scheduled_seals (schedule, import_id, since)
      select ${name}, import_id, greatest(at, now() - random() * ${lengthOf(schedule)})
      from looked where kind = 'seal'
      on conflict do nothing
    )
    update schedules set up_to = last.number from (select max(number) as number from looked) as last
    where name = ${name} and last.number is not null`.execute(db);
}

/**
 * Takes what is due, as far as there is room. Taken ones are due again after an hour, if whoever took
 * them doesn't come to begin them.
 */
async function claimDue({ db }: Ledger, name: string, schedule: Schedule): Promise<string[]> {
  const length = lengthOf(schedule);
  const { rows } = await sql<{ import_id: string }>`
    with room as (
      select greatest(0, ${MAX_RUNNING} - count(*)) as left from verifications
      where state = 'running' and schedule is not null
    ), due as (
      select import_id from scheduled_seals
      where schedule = ${name} and since <= now() - ${length}
      order by since limit (select room.left from room) for update skip locked
    )
    update scheduled_seals set since = now() - ${length} + ${AGAIN_AFTER}::interval
    from due where scheduled_seals.schedule = ${name} and scheduled_seals.import_id = due.import_id
    returning scheduled_seals.import_id`.execute(db);
  return rows.map((row) => row.import_id);
}

async function begin(
  ledger: Ledger,
  importId: string,
  name: string,
  schedule: Schedule,
): Promise<number | undefined> {
  const { count, unit } = schedule.every;
  const by = { who: ITSELF, why: `Scheduled: every ${count} ${unit}` };
  try {
    // Whoever took it before may have begun it, and ended before it said so.
    const last = await lastBegun(ledger, importId, name, schedule);
    const number = last ?? (await startVerification(ledger, importId, schedule.request, by, name));
    await sql`
      update scheduled_seals set since = (select created_at from verifications where number = ${number})
      where schedule = ${name} and import_id = ${importId}`.execute(ledger.db);
    return last === undefined ? number : undefined;
  } catch (thrown) {
    // Somebody verifies it in the same way already.
    if (thrown instanceof ExhibitError && thrown.code === "STATE_CONFLICT") return undefined;
    if (!(thrown instanceof ExhibitError) || thrown.code !== "NOT_FOUND") throw thrown;
    await sql`delete from scheduled_seals where schedule = ${name} and import_id = ${importId}`.execute(
      ledger.db,
    );
    return undefined;
  }
}

async function lastBegun(
  { db }: Ledger,
  importId: string,
  name: string,
  schedule: Schedule,
): Promise<number | undefined> {
  const { rows } = await sql<{ number: number }>`
    select number from verifications
    where import_id = ${importId} and schedule = ${name} and created_at > now() - ${lengthOf(schedule)}
    order by number desc limit 1`.execute(db);
  return rows[0]?.number;
}
