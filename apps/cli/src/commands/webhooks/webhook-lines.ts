import type { DeliveryView, NewWebhook, WebhookView } from "@exhibit/contracts";
import { formatTable, formatTime, type TimeStyle } from "../../output/format.ts";

/** Returns a table of webhooks in their given order. */
export function webhookTable(webhooks: readonly WebhookView[], style: TimeStyle): string[] {
  const header = ["WEBHOOK", "ADDRESS", "EVENTS", "OF IMPORTS", "STATE", "LAST TAKEN"];
  const rows = webhooks.map((webhook) => [
    webhook.webhook_id,
    webhook.url,
    webhook.events?.join(", ") ?? "all",
    webhook.imports === "all" ? "all" : "that name it",
    stateOf(webhook, style),
    webhook.succeeded_at === null ? "never" : formatTime(webhook.succeeded_at, style),
  ]);
  return formatTable([header, ...rows]);
}

/** Returns a table of deliveries in their given order. */
export function deliveryTable(deliveries: readonly DeliveryView[], style: TimeStyle): string[] {
  const header = ["DELIVERY", "WHEN", "EVENT", "IMPORT", "TO", "STATE", "TRIES", "BECAUSE"];
  const rows = deliveries.map((delivery) => [
    delivery.delivery_id,
    formatTime(delivery.created_at, style),
    delivery.event,
    delivery.import_id ?? "",
    delivery.host,
    delivery.due_at === null || delivery.tries === 0
      ? delivery.state
      : `again at ${formatTime(delivery.due_at, style)}`,
    String(delivery.tries),
    delivery.error ?? "",
  ]);
  return formatTable([header, ...rows]);
}

/** Returns what a person has to know of a webhook that was just made or rotated, besides its secret. */
export function newWebhookLines(webhook: NewWebhook, style: TimeStyle): string[] {
  return [
    `Webhook ${webhook.webhook_id} to ${webhook.url}.`,
    ...(webhook.previous_until === null
      ? []
      : [`The secret before it also signs until ${formatTime(webhook.previous_until, style)}.`]),
    "What it is told is signed with this secret, which is shown this once.",
  ];
}

function stateOf(webhook: WebhookView, style: TimeStyle): string {
  if (webhook.is_gone) return "off: its receiver wants no more";
  if (!webhook.active) return "off";
  if (webhook.hold_until !== null) {
    return `failing, tried again at ${formatTime(webhook.hold_until, style)}: ${webhook.error ?? ""}`;
  }
  return webhook.failures === 0 ? "works" : `failing: ${webhook.error ?? ""}`;
}
