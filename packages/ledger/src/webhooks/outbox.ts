import { type Selectable, sql, type Transaction } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { DeliveryTable, LedgerSchema } from "../schema.ts";
import { storable } from "../sql/text.ts";

/**
 * Tells of an import that was just made, in its transaction and when its folders are there. Whatever
 * changes later is told by the ledger itself: see the migration.
 */
export async function tellOfCreation(
  tx: Transaction<LedgerSchema>,
  importId: string,
): Promise<void> {
  await sql`select tell_webhooks(${importId}, 'import.created')`.execute(tx);
}

/** A delivery that is to be tried now. */
export interface ClaimedDelivery
  extends Pick<
    Selectable<DeliveryTable>,
    "id" | "event" | "created_at" | "data" | "tries" | "import_id"
  > {
  readonly url: string;
  /** Encrypted. */
  readonly secret: string;
  /** The one before, encrypted, while it signs too. */
  readonly previousSecret: string | null;
  /** Whether its owner may see the import, as things are now. */
  readonly isSeen: boolean;
}

/** Failures in a row after which a webhook is tried once an hour only. */
const MAX_FAILURES = 50;

/**
 * Takes the delivery that has been due the longest, for one try: it is due again after `leaseMs`
 * milliseconds, in case that this process dies before it has recorded how the try ended. Of a webhook
 * that fails again and again, one an hour. Returns undefined when none is due.
 */
export async function claimDelivery(
  { db }: Ledger,
  webhookId: string,
  leaseMs: number,
): Promise<ClaimedDelivery | undefined> {
  const { rows } = await sql<ClaimedDelivery>`
    with endpoint as materialized (
      select id, url, secret, case when previous_until > now() then previous_secret end as "previousSecret", failures
      from webhooks where id = ${webhookId} and active and (hold_until is null or hold_until <= now())
      for no key update
    ), due as materialized (
      select deliveries.id from deliveries join endpoint on endpoint.id = webhook_id
      where state = 'pending' and due_at <= now()
      order by due_at, number limit 1 for update of deliveries skip locked
    ), held as (
      update webhooks set hold_until = now() + interval '1 hour' from due, endpoint
      where webhooks.id = endpoint.id and endpoint.failures >= ${MAX_FAILURES}
    )
    update deliveries set tries = tries + 1, tried_at = now(), due_at = now() + ${leaseMs} * interval '1 millisecond'
    from due, endpoint where deliveries.id = due.id
    returning deliveries.id, event, created_at, data, tries, import_id, url, secret, "previousSecret",
      webhook_sees(webhook_id, import_id) as "isSeen"`.execute(db);
  return rows[0];
}

/** How a try ended. */
export interface TryResult {
  readonly status?: number | undefined;
  /** How the answer's body began. */
  readonly answer?: string | undefined;
  /** Why it failed; undefined if it didn't. */
  readonly error?: string | undefined;
  /** Milliseconds until the next try; undefined if there is none. */
  readonly againIn?: number | undefined;
  /** The receiver wants no more of anything. */
  readonly isGone?: boolean;
}

/** Records how a try ended, with the delivery and with its webhook. */
export async function recordTry(
  { db }: Ledger,
  deliveryId: string,
  { status, answer, error, againIn, isGone = false }: TryResult,
): Promise<void> {
  const state = error === undefined ? "delivered" : againIn === undefined ? "dead" : "pending";
  const told = error === undefined ? null : storable(error);
  await sql`
    with endpoint as materialized (
      select webhooks.id from webhooks join deliveries on deliveries.webhook_id = webhooks.id
      where deliveries.id = ${deliveryId} for no key update of webhooks
    ), tried as (
      update deliveries set state = ${state}, status = ${status ?? null}, error = ${told},
        answer = ${answer === undefined ? null : storable(answer)},
        due_at = now() + ${againIn ?? 0} * interval '1 millisecond'
      from endpoint where deliveries.id = ${deliveryId} and state = 'pending'
      returning webhook_id
    )
    update webhooks set ${
      error === undefined
        ? sql`failures = 0, hold_until = null, succeeded_at = now()`
        : sql`failures = failures + 1, failed_at = now(), error = ${told}, active = active and not ${isGone}, is_gone = is_gone or ${isGone},
            hold_until = case when failures + 1 >= ${MAX_FAILURES} then now() + interval '1 hour' else hold_until end`
    }
    from tried where webhooks.id = tried.webhook_id`.execute(db);
}

/** Records that a delivery isn't sent, because its owner may not see the import any more. */
export async function withholdDelivery({ db }: Ledger, deliveryId: string): Promise<void> {
  await db
    .updateTable("deliveries")
    .set({ state: "withheld", tries: sql<number>`tries - 1` })
    .where("id", "=", deliveryId)
    .execute();
}

/** Gives back a delivery whose try was broken off before anything was known of it. */
export async function giveBackDelivery({ db }: Ledger, deliveryId: string): Promise<void> {
  await db
    .updateTable("deliveries")
    .set({ tries: sql<number>`tries - 1`, due_at: sql<Date>`now()` })
    .where("id", "=", deliveryId)
    .where("state", "=", "pending")
    .execute();
}

/** Returns in how many milliseconds the next delivery of a webhook is due; undefined if none is. */
export async function nextDelivery({ db }: Ledger, webhookId: string): Promise<number | undefined> {
  const { rows } = await sql<{ ms: number }>`
    select (extract(epoch from greatest(min(due_at), webhooks.hold_until) - now()) * 1000)::float8 as ms
    from deliveries join webhooks on webhooks.id = webhook_id
    where webhook_id = ${webhookId} and state = 'pending' and active
    group by webhooks.id`.execute(db);
  return rows[0]?.ms;
}

/** Webhooks whose bells are rung at once. */
const MAX_BELLS = 1_000;

/** Returns the webhooks that have a delivery that is due: of one import, or for a while already. */
export async function webhooksWithWork(
  { db }: Ledger,
  of:
    | { readonly importId: string }
    | { readonly deliveryId: string }
    | { readonly dueForMs: number },
): Promise<string[]> {
  const which =
    "importId" in of
      ? sql`import_id = ${of.importId} and due_at <= now()`
      : "deliveryId" in of
        ? sql`deliveries.id = ${of.deliveryId}`
        : sql`due_at <= now() - ${of.dueForMs} * interval '1 millisecond'`;
  const { rows } = await sql<{ id: string }>`
    select distinct webhook_id as id from deliveries join webhooks on webhooks.id = webhook_id
    where state = 'pending' and active and (hold_until is null or hold_until <= now()) and ${which}
    limit ${MAX_BELLS}`.execute(db);
  return rows.map(({ id }) => id);
}

/** Days that a delivery is kept, whatever became of it. */
const KEPT_DAYS = 30;
/** Deliveries that are removed at once. */
const MAX_REMOVED = 1_000;

/** Removes deliveries that aren't kept any longer, some of them each time. */
export async function forgetOldDeliveries({ db }: Ledger): Promise<void> {
  await sql`
    delete from deliveries where number in (
      select number from deliveries where created_at < now() - ${KEPT_DAYS} * interval '1 day'
      order by created_at limit ${MAX_REMOVED})`.execute(db);
}
