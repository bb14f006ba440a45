import type { DeliveryView } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { UUID } from "../work/check-import.ts";

/** Where a webhook's events go, and what it is told next. */
export interface WebhookLabel {
  id: string;
  url: string;
  /** Null when nothing waits for it. */
  event: DeliveryView["event"] | null;
  /** The import that the event is about; null for a test. */
  work: { importId: string; entrust_id: string | null; suit_ids: string[] } | null;
  /** How many events wait for it. */
  waiting: number;
}

/** Returns what the jobs of these webhooks are about; unknown ids are skipped. */
export async function readWebhookLabels(
  { db }: Ledger,
  ids: readonly string[],
): Promise<WebhookLabel[]> {
  const known = ids.filter((id) => UUID.test(id));
  if (known.length === 0) return [];
  const { rows } = await sql<Row>`
    select webhooks.id, url, next.event, next.import_id, entrust_id, suit_ids,
      (select count(*) from deliveries where webhook_id = webhooks.id and state = 'pending') as waiting
    from webhooks
      left join lateral (
        select event, import_id from deliveries where webhook_id = webhooks.id and state = 'pending'
        order by due_at, number limit 1) as next on true
      left join imports on imports.id = next.import_id
    where webhooks.id = any(${known}::uuid[])`.execute(db);
  return rows.map(({ import_id, entrust_id, suit_ids, ...label }) => ({
    ...label,
    work: import_id === null ? null : { importId: import_id, entrust_id, suit_ids: suit_ids ?? [] },
  }));
}

interface Row extends Omit<WebhookLabel, "work"> {
  import_id: string | null;
  entrust_id: string | null;
  suit_ids: string[] | null;
}
