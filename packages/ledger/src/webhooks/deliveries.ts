import { type DeliveryView, ExhibitError, type Principal, reaches } from "@exhibit/contracts";
import { type RawBuilder, type Selectable, sql } from "kysely";
import type { By } from "../audit/audit.ts";
import { recordAuditEvent } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import type { DeliveryTable } from "../schema.ts";
import { isWithin } from "../scope.ts";
import { cursor, type Page, type PageQuery, pageOf } from "../views/paging.ts";
import { checkImport, UUID } from "../work/check-import.ts";
import { noWebhook } from "./endpoints.ts";
import { isOwn } from "./owner.ts";

/**
 * Lists what was told of an import, the latest first: to the webhooks of whoever asks, or, for an
 * operator, to all. Throws NOT_FOUND.
 */
export async function listImportDeliveries(
  ledger: Ledger,
  importId: string,
  reader: Principal,
  query: PageQuery,
): Promise<Page<DeliveryView>> {
  await checkImport(ledger, importId);
  return await page(ledger, sql`import_id = ${importId} and ${isShown(reader)}`, query);
}

/** Lists what a webhook of somebody's own was told, the latest first. Throws NOT_FOUND. */
export async function listWebhookDeliveries(
  ledger: Ledger,
  webhookId: string,
  owner: Principal,
  query: PageQuery,
): Promise<Page<DeliveryView>> {
  const row = UUID.test(webhookId)
    ? await ledger.db
        .selectFrom("webhooks")
        .select("id")
        .where("id", "=", webhookId)
        .where(isOwn(owner))
        .executeTakeFirst()
    : undefined;
  if (row === undefined) throw noWebhook(webhookId);
  return await page(ledger, sql`webhook_id = ${webhookId}`, query);
}

/** Returns a delivery. Throws NOT_FOUND, in the same words for one that isn't shown to the reader. */
export async function readDelivery(
  ledger: Ledger,
  deliveryId: string,
  reader: Principal,
): Promise<DeliveryView> {
  const rows = UUID.test(deliveryId)
    ? await select(ledger, sql`${isReachable(ledger, deliveryId, reader)}`, 1)
    : [];
  const [row] = rows;
  if (row === undefined) throw noDelivery(deliveryId);
  return deliveryView(row);
}

/**
 * Has a delivery sent again, with all tries before it, whatever became of it before. Throws NOT_FOUND,
 * and STATE_CONFLICT for a webhook that is switched off.
 */
export async function redeliver(
  { db, scope }: Ledger,
  deliveryId: string,
  reader: Principal,
  by: By,
): Promise<DeliveryView> {
  await db.transaction().execute(async (tx) => {
    const { rows } = UUID.test(deliveryId)
      ? await sql<{ webhook_id: string; import_id: string | null; active: boolean }>`
          select webhook_id, import_id, active from deliveries join webhooks on webhooks.id = webhook_id
          where ${isReachable({ scope }, deliveryId, reader)} for update of deliveries`.execute(tx)
      : { rows: [] };
    const [row] = rows;
    if (row === undefined) throw noDelivery(deliveryId);
    const { webhook_id, import_id, active } = row;
    if (!active) {
      throw new ExhibitError("STATE_CONFLICT", `Webhook ${webhook_id} is switched off.`);
    }
    await sql`
      update deliveries set state = 'pending', tries = 0, due_at = now() where id = ${deliveryId}`.execute(
      tx,
    );
    const details = { delivery_id: deliveryId, import_id };
    await recordAuditEvent(tx, {
      ...{ subject: `webhooks/${webhook_id}`, what: "redeliver", by, details },
    });
  });
  return await readDelivery({ db, scope } as Ledger, deliveryId, reader);
}

/** A condition: the delivery's webhook is the reader's own, or they operate all of it. */
function isShown(reader: Principal): RawBuilder<boolean> {
  return reaches(reader.role, "ops") ? sql`true` : isOwn(reader);
}

/** A condition: the delivery, if its import is within the scope and it is shown. A test is its owner's. */
function isReachable(
  ledger: Pick<Ledger, "scope">,
  deliveryId: string,
  reader: Principal,
): RawBuilder<boolean> {
  return sql`(deliveries.id = ${deliveryId} and case when import_id is null then ${isOwn(reader)}
    else ${isShown(reader)} and exists (
      select from imports where imports.id = deliveries.import_id and ${isWithin(ledger)}) end)`;
}

type Row = Selectable<DeliveryTable> & { url: string };

async function select(
  { db }: Ledger,
  condition: RawBuilder<unknown>,
  limit: number,
): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select deliveries.*, webhooks.url from deliveries join webhooks on webhooks.id = webhook_id
    where ${condition} order by deliveries.number desc limit ${limit}`.execute(db);
  return rows;
}

async function page(
  ledger: Ledger,
  condition: RawBuilder<unknown>,
  { limit, after }: PageQuery,
): Promise<Page<DeliveryView>> {
  const from =
    after === undefined
      ? sql`true`
      : sql`deliveries.number < ${Number(cursor(after, /^\d{1,15}$/))}`;
  const rows = await select(ledger, sql`${condition} and ${from}`, limit + 1);
  const found = pageOf(rows, limit, ({ number }) => String(number));
  return { ...found, items: found.items.map(deliveryView) };
}

function deliveryView(row: Row): DeliveryView {
  return {
    delivery_id: row.id,
    webhook_id: row.webhook_id,
    host: new URL(row.url).host,
    import_id: row.import_id,
    event: row.event,
    created_at: row.created_at.toISOString(),
    state: row.state,
    tries: row.tries,
    due_at: row.state === "pending" ? row.due_at.toISOString() : null,
    tried_at: row.tried_at?.toISOString() ?? null,
    status: row.status,
    error: row.error,
    answer: row.answer,
  };
}

function noDelivery(id: string): ExhibitError {
  return new ExhibitError("NOT_FOUND", `There is no delivery ${id}.`);
}
