import { join } from "node:path";
import {
  type DeliveryView,
  everything,
  type ImportView,
  importEvent,
  type NewWebhook,
  type WebhookView,
  webhookTest,
} from "@exhibit/contracts";
import { type Received, type Receiver, startReceiver } from "@exhibit/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { leaseKeysFor } from "../../support/lease-keys.ts";
import {
  bothEngines,
  createClient,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

/** What the API's description says of what is sent. */
const message = importEvent.or(webhookTest);

interface Page<Item> {
  items: Item[];
}

describe.each(bothEngines)("Webhooks (%s)", (kind) => {
  let system: System;
  /** Takes everything, but for what a test has it refuse. */
  let receiver: Receiver;
  let refuses = (_request: Received): number | undefined => undefined;
  const log: string[] = [];

  beforeAll(async () => {
    system = await startSystem(kind, {
      worker: { quietMs: 500 },
      log: (line) => log.push(line),
      environment: leaseKeysFor(kind),
    });
    receiver = await startReceiver((response, request) => {
      response.writeHead(refuses(request) ?? 200).end("said-by-receiver");
    });
    await writeTree(join(system.root, "1001"), { "a.pdf": "a" });
  });
  afterAll(async () => {
    await receiver[Symbol.asyncDispose]();
    await system[Symbol.asyncDispose]();
  });

  /** What has come to a path, of an import if it is given. */
  const at = (path: string, importId?: string) =>
    receiver.received
      .filter((request) => request.path.startsWith(path))
      .map(({ body }) => message.parse(JSON.parse(body)))
      .filter(
        ({ data }) =>
          importId === undefined || ("import_id" in data && data.import_id === importId),
      );
  const typesAt = (path: string, importId?: string) =>
    at(path, importId)
      .sort((one, other) => one.data.seq - other.data.seq)
      .map(({ type }) => type);

  const hook = async (path: string, more: object = {}, of: Pick<System, "post"> = system) =>
    (await of.post<NewWebhook>("/v1/webhooks", { url: `${receiver.url}${path}`, ...more })).body;

  test("tell of an import from its beginning to its end, whoever changes it", async () => {
    const { webhook_id } = await hook("/whole?token=hunter2");
    const view = await system.run(importOfSuits(system.root, "1001"));
    await expect
      .poll(() => typesAt("/whole", view.import_id), { timeout: 20_000 })
      .toEqual(["import.created", "import.planned", "import.sealed"]);
    const path = `/v1/imports/${view.import_id}/deliveries`;
    const delivered = async () =>
      (await system.get<Page<DeliveryView>>(path)).items.map(({ event, state }) => [event, state]);
    await expect.poll(delivered).toEqual([
      ["import.sealed", "delivered"],
      ["import.planned", "delivered"],
      ["import.created", "delivered"],
    ]);
    const list = await system.get<Page<DeliveryView>>(`/v1/webhooks/${webhook_id}/deliveries`);
    expect(list.items).toHaveLength(3);
  });

  test("lose nothing when all bells are lost and no worker is there", async () => {
    const { webhook_id } = await hook("/lost");
    await system.worker.stop();
    const { body } = await system.post<ImportView>("/v1/imports", {
      ...importOfSuits(system.root, "1001"),
      title: "lost",
    });
    await system.post(`/v1/imports/${body.import_id}/pause`);
    await system.post(`/v1/imports/${body.import_id}/cancel`);
    const queue = system.queues.find(({ name }) => name === "deliver");
    await queue?.obliterate({ force: true });
    expect(at("/lost")).toEqual([]);
    await system.worker.start();
    await expect
      .poll(() => typesAt("/lost", body.import_id), { timeout: 20_000 })
      .toEqual(["import.created", "import.paused", "import.cancelled"]);
    expect((await system.ask(`/v1/webhooks/${webhook_id}`, { method: "DELETE" })).status).toBe(200);
  });

  test("tell of one import where it names its callback, and of no other", async () => {
    const request = importOfSuits(system.root, "1001");
    const url = `${receiver.url}/callback`;
    const { status, body } = await system.post<ImportView>("/v1/imports", {
      ...request,
      callback: { url },
    });
    expect(status).toBe(202);
    await system.run(request);
    await expect
      .poll(() => typesAt("/callback"), { timeout: 20_000 })
      .toEqual(["import.created", "import.planned", "import.sealed"]);
    expect(at("/callback", body.import_id)).toHaveLength(3);
    const { items } = await system.get<Page<WebhookView>>("/v1/webhooks");
    expect(items.find((webhook) => webhook.url === url)).toMatchObject({ imports: "named" });
  });

  test("that fail don't hold up the others, and are sent again when somebody says so", async () => {
    const failing = await hook("/failing");
    await hook("/well");
    refuses = ({ path }) => (path === "/failing" ? 500 : undefined);
    const { body } = await system.post<DeliveryView>(`/v1/webhooks/${failing.webhook_id}/test`);
    const look = () => system.get<DeliveryView>(`/v1/deliveries/${body.delivery_id}`);
    await expect.poll(async () => (await look()).error).toBe("The receiver answered 500.");
    const view = await system.run(importOfSuits(system.root, "1001"));
    await expect.poll(() => typesAt("/well", view.import_id)).toHaveLength(3);
    refuses = () => undefined;
    const again = await system.post<DeliveryView>(`/v1/deliveries/${body.delivery_id}/redeliver`);
    expect(again.status).toBe(202);
    await expect.poll(look).toMatchObject({ state: "delivered", answer: "said-by-receiver" });
  });

  test("of another's imports are told nothing, and another's webhooks aren't there", async () => {
    const tenant = async (entrust_id: string) => {
      const scope = { ...everything, entrust_ids: [entrust_id] };
      const key = await system.makeKey(`tenant ${entrust_id}`, { role: "producer", scope });
      return { key, ...createClient(system.apiUrl, () => key) };
    };
    const [anna, bob] = [await tenant("E-A"), await tenant("E-B")];
    const own = await hook("/anna", {}, anna);
    await hook("/bob", {}, bob);
    const request = { ...importOfSuits(system.root, "1001"), entrust_id: "E-A" };
    const { body } = await anna.post<ImportView>("/v1/imports", request);
    await expect
      .poll(() => typesAt("/anna", body.import_id), { timeout: 20_000 })
      .toContain("import.sealed");
    expect(at("/bob")).toEqual([]);
    const paths = {
      "/v1/imports/ID/deliveries": body.import_id,
      "/v1/webhooks/ID/deliveries": own.webhook_id,
      "/v1/deliveries/ID":
        (await anna.get<Page<DeliveryView>>(`/v1/webhooks/${own.webhook_id}/deliveries`)).items[0]
          ?.delivery_id ?? "",
    };
    for (const [path, id] of Object.entries(paths)) {
      const nobodys = crypto.randomUUID();
      const answers = await Promise.all(
        [id, nobodys].map(async (each) => {
          const { status, body: told } = await ask(bob, path.replace("ID", each));
          return { status, detail: told.detail.replace(each, "ID") };
        }),
      );
      expect(answers[0]).toEqual(answers[1]);
      expect(answers[0]?.status).toBe(404);
      expect((await anna.ask(path.replace("ID", id))).status).toBe(200);
    }
    // What waits for somebody whose key is revoked is never sent.
    refuses = ({ path }) => (path === "/anna" ? 503 : undefined);
    await anna.post(`/v1/webhooks/${own.webhook_id}/test`);
    await anna.post(`/v1/imports`, request);
    await system.revokeKey(anna.key);
    refuses = () => undefined;
    const before = at("/anna").length;
    await system.run({ ...request, title: "later" });
    expect(at("/anna").length).toBeLessThanOrEqual(before + 1);
  });

  const ask = async (client: Pick<System, "ask">, path: string) => {
    const response = await client.ask(path);
    return { status: response.status, body: (await response.json()) as { detail: string } };
  };

  test("have addresses that are looked at: a trial calls nothing but this machine", async () => {
    for (const url of ["http://10.0.0.1/", "https://example.com:8443/", "http://[fd00::1]/"]) {
      const made = await system.post<{ code: string }>("/v1/webhooks", { url });
      const isByName = url.includes("example.com");
      expect([url, made.status, made.body.code]).toEqual(
        isByName ? [url, 201, undefined] : [url, 422, "ADDRESS_REFUSED"],
      );
    }
  });

  test("leave no secret in the log", async () => {
    const made = await hook("/secret?token=hunter2");
    const rotated = await system.post<NewWebhook>(`/v1/webhooks/${made.webhook_id}/rotate`);
    await system.post(`/v1/webhooks/${made.webhook_id}/test`);
    await expect.poll(() => at("/secret")).toHaveLength(1);
    const text = log.join("");
    for (const { secret } of [made, rotated.body]) {
      expect(secret).toMatch(/^whsec_/);
      expect(text).not.toContain(secret.slice("whsec_".length));
    }
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain("said-by-receiver");
  });
});
