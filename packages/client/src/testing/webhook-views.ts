import type { DeliveryView, WebhookView } from "@exhibit/contracts";

const at = "2026-11-30T10:00:00.000Z";
const webhookId = "3f0e5d1c-58a4-4a33-9c0a-0c5f0a8f7d11";

/** A webhook that has done nothing yet, with what a test changes. */
export function webhookOf(own: Partial<WebhookView> = {}): WebhookView {
  return {
    ...{ webhook_id: webhookId, url: "https://portal.test/hook", events: null, imports: "all" },
    ...{ description: null, active: true, is_gone: false },
    ...{ created_at: at, created_by: "key:portal", previous_until: null },
    ...{ failures: 0, hold_until: null, succeeded_at: null, failed_at: null, error: null },
    ...own,
  };
}

/** A test that waits for its first try, with what a test changes. */
export function deliveryOf(own: Partial<DeliveryView> = {}): DeliveryView {
  return {
    ...{ delivery_id: "9b2d7c44-58a4-4a33-9c0a-0c5f0a8f7d11", webhook_id: webhookId },
    ...{ host: "portal.test", import_id: null, event: "webhook.test", created_at: at },
    ...{ state: "pending", tries: 0, due_at: at, tried_at: null },
    ...{ status: null, error: null, answer: null },
    ...own,
  };
}
