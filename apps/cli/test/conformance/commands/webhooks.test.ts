import { deliveryOf, json, viewOf, webhookOf } from "@exhibit/client/testing";
import type { NewWebhook, WebhookView } from "@exhibit/contracts";
import { expect, test } from "vitest";
import { against } from "../../support/run.ts";
import { scratchFolder } from "../../support/scratch.ts";

const at = "2026-11-30T10:00:00.000Z";
const webhook = webhookOf();
const id = webhook.webhook_id;
const made: NewWebhook = { ...webhook, secret: "whsec_c2VjcmV0" };
const delivery = deliveryOf();
const page = <Item>(...items: Item[]) => ({ items, next: null });

test("the list says how each webhook does", async () => {
  const { code, stdout } = await against(
    (response) =>
      json(
        response,
        page<WebhookView>(
          { ...webhook, succeeded_at: at },
          {
            ...webhook,
            events: ["import.sealed"],
            imports: "named",
            failures: 3,
            error: "It\u001b said 500.",
          },
          { ...webhook, active: false },
          { ...webhook, active: false, is_gone: true },
          { ...webhook, failures: 50, hold_until: at, error: "nothing listens there" },
        ),
      ),
    ["webhooks", "--utc"],
  );
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^WEBHOOK +ADDRESS +EVENTS +OF IMPORTS +STATE +LAST TAKEN$/);
  expect(lines[1]).toMatch(/all +all +works +2026-11-30 10:00/);
  expect(lines[2]).toMatch(/import\.sealed +that name it +failing: It\\u\{1b\} said 500\. +never/);
  expect(lines[3]).toMatch(/ off +never/);
  expect(lines[4]).toContain("off: its receiver wants no more");
  expect(lines[5]).toContain("tried again at 2026-11-30 10:00");
});

test("without any, it says how one is made", async () => {
  const { stdout } = await against((response) => json(response, page()), ["webhooks"]);
  expect(stdout).toBe("You have no webhook: exhibit webhooks add URL makes one.\n");
});

test("add prints the secret alone to stdout, and asks for what was said", async () => {
  const { code, stdout, stderr, asked } = await against(
    (response) => json(response, made, 201),
    [
      ...[
        "webhooks",
        "add",
        "https://portal.test/hook",
        "--events",
        "import.sealed,import.attention",
      ],
      ...["--named", "--description", "portal", "--why", "to know"],
    ],
  );
  expect([code, stdout]).toEqual([0, "whsec_c2VjcmV0\n"]);
  expect(stderr).toContain(`Webhook ${id} to https://portal.test/hook.`);
  expect(stderr).toContain("shown this once");
  expect(asked[0]).toMatchObject({
    ...{ method: "POST", path: "/v1/webhooks", idempotencyKey: undefined },
    body: {
      ...{ url: "https://portal.test/hook", imports: "named", description: "portal" },
      ...{ events: ["import.sealed", "import.attention"], why: "to know" },
    },
  });
});

test("add refuses an event that isn't one", async () => {
  const { code, stderr, asked } = await against(
    (response) => json(response, made, 201),
    ["webhooks", "add", "https://portal.test/", "--events", "import.lost"],
  );
  expect(code).toBe(2);
  expect(stderr).toContain('"import.lost" is none of import.created');
  expect(asked).toEqual([]);
});

test.each([
  [["rotate", id, "--old-valid", "0"], "POST", `/v1/webhooks/${id}/rotate`, { old_valid_hours: 0 }],
  [["change", id, "--off"], "PATCH", `/v1/webhooks/${id}`, { active: false }],
  [
    ["change", id, "--on", "--all-events"],
    "PATCH",
    `/v1/webhooks/${id}`,
    { active: true, events: null },
  ],
  [["remove", id, "--why", "moved"], "DELETE", `/v1/webhooks/${id}`, { why: "moved" }],
] as const)("%j", async (args, method, path, body) => {
  const { code, asked } = await against((response) => json(response, made), ["webhooks", ...args]);
  expect(code).toBe(0);
  expect(asked).toMatchObject([{ method, path, body }]);
});

test("rotate says until when both secrets sign", async () => {
  const { stderr } = await against(
    (response) => json(response, { ...made, previous_until: at }),
    ["webhooks", "rotate", id, "--utc"],
  );
  expect(stderr).toContain("The secret before it also signs until 2026-11-30 10:00");
});

test("test waits for what becomes of the first try", async () => {
  let looks = 0;
  const { code, stdout } = await against(
    (response, { method }) => {
      if (method === "POST") return json(response, delivery, 202);
      looks += 1;
      json(
        response,
        looks < 3
          ? delivery
          : { ...delivery, state: "delivered", status: 204, tries: 1, due_at: null },
      );
    },
    ["webhooks", "test", id],
  );
  expect([code, stdout, looks]).toEqual([0, "portal.test took the test (204).\n", 3]);
  const failed = await against(
    (response) =>
      json(response, { ...delivery, tries: 1, error: "The receiver answered 500." }, 202),
    ["webhooks", "test", id],
  );
  expect([failed.code, failed.stdout]).toEqual([
    1,
    "portal.test didn't take the test: The receiver answered 500.\n",
  ]);
});

test("deliveries are those of a webhook or of an import, and one has to be named", async () => {
  const answer = {
    ...delivery,
    state: "dead" as const,
    due_at: null,
    tries: 10,
    error: "It said 500.",
  };
  const ofWebhook = await against(
    (response) => json(response, page(answer)),
    ["webhooks", "deliveries", id],
  );
  expect(ofWebhook.asked[0]?.path).toContain(`/v1/webhooks/${id}/deliveries?`);
  expect(ofWebhook.stdout).toMatch(/webhook\.test +portal\.test +dead +10 +It said 500\./);
  const ofImport = await against(
    (response) => json(response, page()),
    ["webhooks", "deliveries", "--import", id],
  );
  expect(ofImport.asked[0]?.path).toContain(`/v1/imports/${id}/deliveries?`);
  expect(ofImport.stdout).toBe("Nothing has been told in the last 30 days.\n");
  const neither = await against((response) => json(response, page()), ["webhooks", "deliveries"]);
  expect([neither.code, neither.asked]).toEqual([2, []]);
});

test("redeliver, and everything as JSON", async () => {
  const { stdout, asked } = await against(
    (response) => json(response, delivery, 202),
    ["webhooks", "redeliver", delivery.delivery_id],
  );
  expect(stdout).toBe("webhook.test is sent to portal.test again.\n");
  expect(asked[0]).toMatchObject({
    method: "POST",
    path: `/v1/deliveries/${delivery.delivery_id}/redeliver`,
  });
  const listed = await against((response) => json(response, page(webhook)), ["webhooks", "--json"]);
  expect(listed.last()).toMatchObject({ webhooks: [webhook] });
  const shown = await against(
    (response) => json(response, made, 201),
    ["webhooks", "add", "https://a/", "--json"],
  );
  expect(shown.last()).toMatchObject({ secret: made.secret });
});

test("import names its callback", async () => {
  const folder = await scratchFolder(["a.pdf"]);
  const { asked } = await against(
    (response) => json(response, viewOf({ status: "storing" }), 202),
    ["import", folder, "--suit", "1001", "--callback", "https://portal.test/hook", "--detach"],
  );
  expect(asked.find(({ method }) => method === "POST")?.body).toMatchObject({
    callback: { url: "https://portal.test/hook" },
  });
});
