import { randomUUID } from "node:crypto";
import {
  type DeliveryView,
  ExhibitError,
  type NewWebhook,
  type WebhookView,
} from "@exhibit/contracts";
import type { WebhookOwner, Webhooks } from "@exhibit/ingest";

const at = "2026-11-30T10:00:00.000Z";

/** One webhook of everybody, `one`, with one delivery; what is asked of it is written down. */
export function fakeWebhooks() {
  const asked: unknown[] = [];
  const one: WebhookView = {
    ...{ webhook_id: randomUUID(), url: "https://hooks.test/", events: null, imports: "all" },
    ...{ description: null, active: true, is_gone: false, created_at: at, created_by: "key:test" },
    ...{ previous_until: null, failures: 0, hold_until: null },
    ...{ succeeded_at: null, failed_at: null, error: null },
  };
  const delivery: DeliveryView = {
    ...{ delivery_id: randomUUID(), webhook_id: one.webhook_id, host: "hooks.test" },
    ...{ import_id: null, event: "webhook.test", created_at: at, state: "pending", tries: 0 },
    ...{ due_at: at, tried_at: null, status: null, error: null, answer: null },
  };
  const made: NewWebhook = { ...one, secret: "whsec_hunter2" };
  const webhooks = (owner: WebhookOwner): Webhooks => {
    const noted =
      <Result>(what: string, result: Result) =>
      async (...of: unknown[]): Promise<Result> => {
        asked.push({ what, who: owner.who, scope: owner.principal.scope, of });
        return result;
      };
    return {
      list: noted("list", { items: [one], next: null }),
      create: noted("create", made),
      change: noted("change", one),
      rotate: noted("rotate", made),
      remove: noted("remove", one),
      test: noted("test", delivery),
      deliveries: noted("deliveries", { items: [delivery], next: null }),
      ofImport: noted("ofImport", { items: [delivery], next: null }),
      delivery: noted("delivery", delivery),
      redeliver: noted("redeliver", delivery),
      callback(url) {
        asked.push({ what: "callback", who: owner.who, scope: owner.principal.scope, of: [url] });
        if (url.startsWith("ftp:")) throw new ExhibitError("ADDRESS_REFUSED", "No.");
        return { endpoint: { ...one, id: "callback", secret: "" }, owner: owner.principal };
      },
    };
  };
  return { webhooks, asked, one, delivery };
}
