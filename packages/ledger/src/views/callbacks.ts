import type { CallbackView, DeliveryView } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";

interface Row {
  import_id: string;
  webhook_id: string;
  url: string;
  delivery_id: string | null;
  event: DeliveryView["event"];
  created_at: Date;
  state: DeliveryView["state"];
  tries: number;
  status: number | null;
}

/** Returns where the own events of these imports go, by import; those without a callback aren't there. */
export async function readCallbacks(
  { db }: Ledger,
  importIds: readonly string[],
): Promise<Map<string, CallbackView>> {
  if (importIds.length === 0) return new Map();
  const { rows } = await sql<Row>`
    select imports.id as import_id, webhooks.id as webhook_id, url, last.*
    from imports join webhooks on webhooks.id = callback_id
      left join lateral (
        select id as delivery_id, event, created_at, state, tries, status from deliveries
        where deliveries.import_id = imports.id and webhook_id = webhooks.id
        order by number desc limit 1) as last on true
    where imports.id = any(${importIds}::uuid[])`.execute(db);
  return new Map(rows.map((row) => [row.import_id, callbackOf(row)]));
}

function callbackOf({ import_id: _, webhook_id, url, delivery_id, ...last }: Row): CallbackView {
  return {
    webhook_id,
    // The rest of the address may hold a secret of its receiver.
    host: new URL(url).host,
    last:
      delivery_id === null
        ? null
        : { ...last, delivery_id, created_at: last.created_at.toISOString() },
  };
}
