import {
  type ChangeWebhookRequest,
  ExhibitError,
  type Principal,
  type WebhookEvent,
  type WebhookView,
} from "@exhibit/contracts";
import { type Selectable, sql, type Transaction } from "kysely";
import { type By, recordAuditEvent } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema, WebhookTable } from "../schema.ts";
import { storable } from "../sql/text.ts";
import { cursor, type Page, type PageQuery, pageOf } from "../views/paging.ts";
import { UUID } from "../work/check-import.ts";
import { isOwn, ownerColumns } from "./owner.ts";

/** A webhook that is to be made. */
export interface NewEndpoint {
  readonly id: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[] | null;
  readonly imports: "all" | "named";
  readonly description: string | null;
  /** Encrypted. */
  readonly secret: string;
}

/** Webhooks that one principal has at most. */
const MAX_WEBHOOKS = 100;

/** Adds a webhook. Throws STATE_CONFLICT for an address that its owner has, and for one too many. */
export async function createEndpoint(
  { db }: Ledger,
  endpoint: NewEndpoint,
  owner: Principal,
  by: By,
): Promise<WebhookView> {
  return await db.transaction().execute(async (tx) => {
    const added = await addEndpoint(tx, endpoint, owner, by);
    if (added !== undefined) return endpointView(added);
    const { id } = await findByUrl(tx, endpoint.url, owner);
    throw conflict(`Webhook ${id} has this address already.`);
  });
}

/**
 * Returns the webhook with an address, in the transaction of the import that names it as its callback;
 * it is made if its owner has none.
 */
export async function callbackIn(
  tx: Transaction<LedgerSchema>,
  endpoint: NewEndpoint,
  owner: Principal,
  by: By,
): Promise<string> {
  const added = await addEndpoint(tx, endpoint, owner, by);
  return (added ?? (await findByUrl(tx, endpoint.url, owner))).id;
}

/** Lists somebody's webhooks, the oldest first. The scope of an owner without a key is believed anew. */
export async function listEndpoints(
  { db }: Ledger,
  owner: Principal,
  { limit, after }: PageQuery,
): Promise<Page<WebhookView>> {
  const from = after === undefined ? 0 : Number(cursor(after, /^\d{1,15}$/));
  const rows = await db.transaction().execute(async (tx) => {
    const { scope, valid_until } = await ownerColumns(tx, owner);
    if (scope !== null) {
      await tx.updateTable("webhooks").set({ scope, valid_until }).where(isOwn(owner)).execute();
    }
    return await tx
      .selectFrom("webhooks")
      .selectAll()
      .where(isOwn(owner))
      .where("number", ">", from)
      .orderBy("number")
      .limit(limit + 1)
      .execute();
  });
  const page = pageOf(rows, limit, ({ number }) => String(number));
  return { ...page, items: page.items.map(endpointView) };
}

/** Changes a webhook of somebody's own. One that is made active is tried at once. Throws NOT_FOUND. */
export async function changeEndpoint(
  { db }: Ledger,
  id: string,
  { why, ...request }: ChangeWebhookRequest,
  owner: Principal,
  who: string,
): Promise<WebhookView> {
  const { events, imports, description, active } = request;
  return await onOwn(db, id, owner, async (tx) => {
    await tx
      .updateTable("webhooks")
      .set({
        ...(events !== undefined && { events }),
        ...(imports !== undefined && { imports }),
        ...(description !== undefined && { description }),
        ...(active !== undefined && { active }),
        ...(active === true && { is_gone: false, failures: 0, hold_until: null }),
      })
      .where("id", "=", id)
      .execute();
    await record(tx, id, "change", { who, why }, definedIn(request));
  });
}

/**
 * Gives a webhook of somebody's own another secret, encrypted; the one before also signs until a time.
 * Throws NOT_FOUND.
 */
export async function rotateEndpoint(
  { db }: Ledger,
  id: string,
  { secret, previousUntil }: { readonly secret: string; readonly previousUntil: Date },
  owner: Principal,
  by: By,
): Promise<WebhookView> {
  return await onOwn(db, id, owner, async (tx, before) => {
    await tx
      .updateTable("webhooks")
      .set({ secret, previous_secret: before.secret, previous_until: previousUntil })
      .where("id", "=", id)
      .execute();
    await record(tx, id, "rotate", by, { previous_until: previousUntil.toISOString() });
  });
}

/** Removes a webhook of somebody's own, with what it was told. Throws NOT_FOUND. */
export async function removeEndpoint(
  { db }: Ledger,
  id: string,
  owner: Principal,
  by: By,
): Promise<WebhookView> {
  return await db.transaction().execute(async (tx) => {
    const row = await lockOwn(tx, id, owner);
    await tx.deleteFrom("webhooks").where("id", "=", id).execute();
    await record(tx, id, "remove", by, { host: new URL(row.url).host });
    return endpointView(row);
  });
}

/** Adds a test for a webhook of somebody's own, and returns its id. Throws NOT_FOUND. */
export async function addTest(
  { db }: Ledger,
  id: string,
  owner: Principal,
  by: By,
): Promise<string> {
  return await db.transaction().execute(async (tx) => {
    const { active } = await lockOwn(tx, id, owner);
    if (!active) throw conflict(`Webhook ${id} is switched off.`);
    const { rows } = await sql<{ id: string }>`
      insert into deliveries (webhook_id, event, data)
      values (${id}, 'webhook.test', jsonb_build_object('seq', nextval('webhook_events')))
      returning id`.execute(tx);
    await record(tx, id, "test", by);
    return rows[0]?.id ?? "";
  });
}

/** Locks a webhook of somebody's own. Throws NOT_FOUND, in the same words for another's. */
async function lockOwn(
  tx: Transaction<LedgerSchema>,
  id: string,
  owner: Principal,
): Promise<Selectable<WebhookTable>> {
  const row = UUID.test(id)
    ? await tx
        .selectFrom("webhooks")
        .selectAll()
        .where("id", "=", id)
        .where(isOwn(owner))
        .forNoKeyUpdate()
        .executeTakeFirst()
    : undefined;
  if (row === undefined) throw noWebhook(id);
  return row;
}

/** Returns the error for a webhook that isn't there, or is another's. */
export function noWebhook(id: string): ExhibitError {
  return new ExhibitError("NOT_FOUND", `There is no webhook ${id}.`);
}

/** Acts on a webhook of somebody's own, and returns what it is like then. */
async function onOwn(
  db: Ledger["db"],
  id: string,
  owner: Principal,
  act: (tx: Transaction<LedgerSchema>, before: Selectable<WebhookTable>) => Promise<void>,
): Promise<WebhookView> {
  return await db.transaction().execute(async (tx) => {
    await act(tx, await lockOwn(tx, id, owner));
    return endpointView(await lockOwn(tx, id, owner));
  });
}

async function findByUrl(tx: Transaction<LedgerSchema>, url: string, owner: Principal) {
  return await tx
    .selectFrom("webhooks")
    .select("id")
    .where("url", "=", url)
    .where(isOwn(owner))
    .executeTakeFirstOrThrow();
}

/** Adds a webhook; returns undefined when its owner has one with this address. */
async function addEndpoint(
  tx: Transaction<LedgerSchema>,
  { id, url, events, imports, description, secret }: NewEndpoint,
  owner: Principal,
  by: By,
): Promise<Selectable<WebhookTable> | undefined> {
  const columns = await ownerColumns(tx, owner);
  const row = await tx
    .insertInto("webhooks")
    .values({
      ...columns,
      ...{ id, url, imports, description, secret, created_by: storable(by.who) },
      events: events === null ? null : [...events],
    })
    // Others may be adding the same address at the same time.
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { count } = await tx
    .selectFrom("webhooks")
    .select((select) => select.fn.countAll<number>().as("count"))
    .where(isOwn(owner))
    .executeTakeFirstOrThrow();
  if (count > MAX_WEBHOOKS) {
    throw conflict(`${owner.name} has ${MAX_WEBHOOKS} webhooks, the most that are possible.`);
  }
  await record(tx, id, "create", by, { host: new URL(url).host, events, imports });
  return row;
}

/** An address may hold a secret: the audit log names its host alone. */
async function record(
  tx: Transaction<LedgerSchema>,
  id: string,
  what: "create" | "change" | "rotate" | "remove" | "test",
  by: By,
  details: Record<string, unknown> = {},
): Promise<void> {
  await recordAuditEvent(tx, { subject: `webhooks/${id}`, what, by, details });
}

function definedIn(request: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
}

function conflict(sentence: string): ExhibitError {
  return new ExhibitError("STATE_CONFLICT", sentence);
}

function endpointView(row: Selectable<WebhookTable>): WebhookView {
  const time = (date: Date | null) => date?.toISOString() ?? null;
  return {
    webhook_id: row.id,
    url: row.url,
    events: row.events,
    imports: row.imports,
    description: row.description,
    active: row.active,
    is_gone: row.is_gone,
    created_at: row.created_at.toISOString(),
    created_by: row.created_by,
    previous_until: time(row.previous_until),
    failures: row.failures,
    hold_until: time(row.hold_until),
    succeeded_at: time(row.succeeded_at),
    failed_at: time(row.failed_at),
    error: row.error,
  };
}
