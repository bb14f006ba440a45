import { z } from "zod";
import { plainText, plainWord } from "../text/plain-text.ts";
import { may } from "./access/may.ts";
import { examples } from "./examples.ts";
import { counts } from "./imports/counters.ts";
import { labels } from "./imports/import-names.ts";
import { importStatus } from "./imports/states.ts";
import { pageOf } from "./pages.ts";

/** What is told of an import, and when. */
export const webhookEvents = [
  "import.created",
  "import.planned",
  "import.sealed",
  "import.attention",
  "import.cancelled",
  "import.paused",
  "import.resumed",
  "import.differs",
] as const;
export const webhookEvent = z.enum(webhookEvents).meta({ id: "WebhookEvent" });
export type WebhookEvent = z.output<typeof webhookEvent>;

const why = plainWord(2000).describe("For the record");

/** Characters of an address; what else it may be is up to the deployment. */
const address = plainText(4096).min(1);

const events = z
  .array(webhookEvent)
  .min(1)
  .max(webhookEvents.length)
  .nullable()
  .describe("The events that it is told; null for all");
const imports = z
  .enum(["all", "named"])
  .describe(
    "`all`: every import that its owner may see; `named`: those that name its address as their `callback`",
  );
const description = plainWord(200).nullable().describe("What people call it");

/** Where an import's own events go. */
export const callback = z.strictObject({
  url: address.describe(
    "Where the events of this import are sent. It is one of your webhooks, and becomes one if it isn't: `POST /v1/webhooks/{id}/rotate` then shows the secret that signs it",
  ),
});

export const webhookRequest = z
  .strictObject({
    url: address.describe(
      "An `https://` address on the internet, unless the configuration allows others",
    ),
    events: events.default(null),
    imports: imports.default("all"),
    description: description.default(null),
    why: why.optional(),
  })
  .meta({ id: "WebhookRequest" });
export type WebhookRequest = z.output<typeof webhookRequest>;
/** The same as a client sends it. */
export type WebhookRequestInput = z.input<typeof webhookRequest>;

export const changeWebhookRequest = z
  .strictObject({
    events: events.optional(),
    imports: imports.optional(),
    description: description.optional(),
    active: z
      .boolean()
      .optional()
      .describe("False: nothing is sent, and of what happens meanwhile nothing is told later"),
    why: why.optional(),
  })
  .refine(({ why, ...changes }) => Object.values(changes).some((value) => value !== undefined), {
    error: "nothing is named that is to change",
  })
  .meta({ id: "ChangeWebhookRequest" });
export type ChangeWebhookRequest = z.output<typeof changeWebhookRequest>;

/** Hours that the old secret of a rotated webhook still signs if nobody says otherwise. */
const DEFAULT_OVERLAP = 24;
/** Hours that it signs at most: a week. */
const MAX_OVERLAP = 168;

export const rotateWebhookRequest = z
  .strictObject({
    old_valid_hours: z
      .int()
      .min(0)
      .max(MAX_OVERLAP)
      .default(DEFAULT_OVERLAP)
      .describe("Hours for which the old secret also signs; 0 for one that may have leaked"),
    why: why.optional(),
  })
  .meta({ id: "RotateWebhookRequest" });
export type RotateWebhookRequest = z.output<typeof rotateWebhookRequest>;
/** The same as a client sends it. */
export type RotateWebhookRequestInput = z.input<typeof rotateWebhookRequest>;

export const webhookActRequest = z
  .strictObject({ why: why.optional() })
  .meta({ id: "WebhookActRequest" });
export type WebhookActRequest = z.output<typeof webhookActRequest>;

/** A webhook as its owner sees it: everything but its secret. */
export const webhookView = z
  .object({
    webhook_id: z.uuid(),
    url: z.string(),
    events: z.array(webhookEvent).nullable().describe("The events that it is told; null for all"),
    imports,
    description: z.string().nullable(),
    active: z.boolean(),
    is_gone: z
      .boolean()
      .describe("It was switched off because its receiver answered 410: it wants no more"),
    created_at: z.iso.datetime(),
    created_by: z.string(),
    previous_until: z.iso
      .datetime()
      .nullable()
      .describe("Until when the secret before the last rotation also signs"),
    failures: z.int().nonnegative().describe("How many tries in a row have failed"),
    hold_until: z.iso
      .datetime()
      .nullable()
      .describe("After 50 failures in a row it is tried once an hour; this is when"),
    succeeded_at: z.iso.datetime().nullable().describe("When it last took an event"),
    failed_at: z.iso.datetime().nullable(),
    error: z.string().nullable().describe("Why the last try that failed did so"),
    may,
  })
  .meta({ id: "Webhook" });
export type WebhookView = z.output<typeof webhookView>;

export const webhookPage = pageOf(webhookView).meta({ id: "WebhookPage" });

/** A webhook that was just made or rotated: the only time that its secret is shown. */
export const newWebhook = webhookView
  .extend({
    secret: z
      .string()
      .describe("What signs its events (`whsec_…`). It is shown this once: keep it"),
  })
  .meta({ id: "NewWebhook" });
export type NewWebhook = z.output<typeof newWebhook>;

/** What a receiver is sent of an import. */
export const importEvent = z
  .strictObject({
    type: webhookEvent,
    timestamp: z.iso.datetime().describe("When it happened"),
    data: z.strictObject({
      import_id: z.uuid(),
      entrust_id: z.string().nullable(),
      status: importStatus,
      labels: labels.nullable().describe("Null if they have more than 2 KiB"),
      counts: counts.omit({ planned: true }),
      seq: z.int().describe("Of two events of one import, the higher one is the later one"),
    }),
  })
  .meta({ id: "ImportEvent", examples: [examples.importEvent] });

/** What a receiver is sent when somebody tests the webhook. */
export const webhookTest = z
  .strictObject({
    type: z.literal("webhook.test"),
    timestamp: z.iso.datetime(),
    data: z.strictObject({ seq: z.int() }),
  })
  .meta({ id: "WebhookTest" });

export const deliveryStates = ["pending", "delivered", "dead", "withheld"] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** One event on its way to one webhook. */
export const deliveryView = z
  .object({
    delivery_id: z.uuid().describe("The `webhook-id` header of each of its tries"),
    webhook_id: z.uuid(),
    host: z.string().describe("Where it is sent; the whole address is its owner's to see"),
    import_id: z.uuid().nullable().describe("Null for a test"),
    event: z.enum([...webhookEvents, "webhook.test"]),
    created_at: z.iso.datetime(),
    state: z
      .enum(deliveryStates)
      .describe(
        "pending: it is tried again; dead: it isn't, unless somebody has it sent again; withheld: its owner may not see the import (any more)",
      ),
    tries: z.int().nonnegative(),
    due_at: z.iso.datetime().nullable().describe("When it is tried next"),
    tried_at: z.iso.datetime().nullable(),
    status: z.int().nullable().describe("The HTTP status of the last answer"),
    error: z.string().nullable().describe("Why the last try failed"),
    answer: z.string().nullable().describe("How the last answer's body began: 1 KiB of it"),
  })
  .meta({ id: "Delivery" });
export type DeliveryView = z.output<typeof deliveryView>;

/** Where an import's own events go, and what became of the last one. */
export const callbackView = z
  .object({
    webhook_id: z.uuid(),
    host: deliveryView.shape.host,
    last: deliveryView
      .pick({ delivery_id: true, event: true, created_at: true, state: true, tries: true })
      .extend({ status: deliveryView.shape.status })
      .nullable()
      .describe("Null while nothing was told of the import, and when it is forgotten"),
  })
  .meta({ id: "ImportCallback" });
export type CallbackView = z.output<typeof callbackView>;

export const deliveryPage = pageOf(deliveryView).meta({ id: "DeliveryPage" });
