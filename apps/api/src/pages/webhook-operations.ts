import { type WebhookEvent, webhookEvents } from "@exhibit/contracts";

/** When each event is told. */
const occasions: Readonly<Record<WebhookEvent | "webhook.test", string>> = {
  "import.created": "An import is on record",
  "import.planned": "All of its sources are walked, also when they were walked once more",
  "import.sealed": "Every file is stored, identical, skipped or waived",
  "import.attention": "Files or folders failed, and somebody has to look",
  "import.cancelled": "Somebody cancelled it",
  "import.paused": "Somebody paused it",
  "import.resumed": "Somebody resumed it",
  "import.differs": "A verification found that something isn't what was sealed any more",
  "webhook.test": "Somebody tests the webhook",
};

/** The headers by which a receiver knows a message: those of Standard Webhooks. */
const headers = {
  "webhook-id": "The same at every try: keep those that you have seen",
  "webhook-timestamp": "When this try was sent, in seconds since 1970",
  "webhook-signature":
    "`v1,` and the Base64 of HMAC-SHA256 over `{webhook-id}.{webhook-timestamp}.{body}`; two of them, with a space between, while the secret is being rotated",
} as const;

/**
 * The messages that receivers of webhooks are sent, as the section `webhooks` of the OpenAPI document
 * describes them. The schemas have their names there.
 */
export const webhookOperations = Object.fromEntries(
  ([...webhookEvents, "webhook.test"] as const).map((event) => [event, { post: sent(event) }]),
);

function sent(event: WebhookEvent | "webhook.test") {
  const schema = event === "webhook.test" ? "WebhookTest" : "ImportEvent";
  return {
    operationId: `told${event.split(".").map(capitalized).join("")}`,
    summary: occasions[event],
    description:
      "Sent to your address, at least once and in no promised order, until you answer with 2xx within 15 seconds.",
    tags: ["webhooks"],
    // The signature stands for it.
    security: [],
    parameters: Object.entries(headers).map(([name, description]) => ({
      ...{ in: "header", name, description, required: true, schema: { type: "string" } },
    })),
    requestBody: {
      required: true,
      content: { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } },
    },
    responses: {
      "2XX": { description: "You have it. The body isn't read" },
      "410": { description: "You want no more of anything: the webhook is switched off" },
      "4XX": { description: "It is tried again, ten times within four days" },
      "5XX": { description: "The same" },
    },
  };
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
