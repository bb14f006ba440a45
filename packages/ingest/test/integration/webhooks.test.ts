import { randomBytes, randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { everything, type NewWebhook, type Principal } from "@exhibit/contracts";
import { type LeaseKeyRing, parseLeaseKeys } from "@exhibit/credentials/lease-key";
import {
  cancelImport,
  claimDelivery,
  createApiKey,
  createImport,
  type Ledger,
  pauseImport,
  readImport,
  revokeApiKey,
} from "@exhibit/ledger";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { Postponed } from "@exhibit/queue";
import { createSafeFetch, type SafeFetch } from "@exhibit/safe-fetch";
import { inside, startDns } from "@exhibit/safe-fetch/testing";
import type { Logger } from "@exhibit/telemetry";
import { startReceiver } from "@exhibit/testkit";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createWebhooks, type Webhooks } from "../../src/control/webhooks.ts";
import {
  createJobLabels,
  createWebhookSecrets,
  deliver,
  enqueueOpenWork,
} from "../../src/index.ts";
import { attemptOf } from "../rig.ts";

const secrets = createWebhookSecrets(
  parseLeaseKeys(randomBytes(32).toString("base64")) as LeaseKeyRing,
);
const by = { who: "王芳" };
const fresh = { limit: 100 };

let ledger: Ledger;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, remove } = await ledgerKinds.Postgres());
});
afterAll(() => remove());
beforeEach(async () => void (await ledger.db.deleteFrom("webhooks").execute()));

/** A receiver, its owner with a webhook to it, and a worker that tells it; `rung` are the jobs. */
async function start(answer: (response: ServerResponse, count: number) => void) {
  const receiver = await startReceiver((response, _, count) => answer(response, count));
  const id = randomUUID().slice(0, 8);
  const key = {
    ...{ id, name: `portal ${id}`, role: "producer" as const, scope: everything },
    ...{ mayNameOthers: false, digest: randomBytes(32), expiresAt: new Date(Date.now() + 600_000) },
  };
  await createApiKey(ledger, key, by);
  const principal: Principal = { ...key, name: `key:${key.name}` };
  const rung: string[] = [];
  const logged: object[] = [];
  const enqueue = async (name: string, jobs: readonly { id: string }[]) =>
    void rung.push(...jobs.map((job) => `${name} ${job.id}`));
  const note = (of: object) => void logged.push(of);
  const logger = { warn: note, debug: note } as unknown as Logger;
  const fetch = createSafeFetch({
    allowedRanges: ["127.0.0.0/8"],
    ports: [receiver.port],
    plain: true,
  });
  const parts = { ledger, fetch, secrets, logger };
  const webhooksBy = (safe: SafeFetch) =>
    createWebhooks({ ...parts, fetch: safe, engine: { enqueue } })({ principal, who: "王芳" });
  const webhooks = webhooksBy(fetch);
  const webhook = await make(webhooks, `${receiver.url}/hook?token=hunter2`);
  return {
    ...{ receiver, principal, webhooks, webhooksBy, webhook, rung, logged, parts, keyId: id },
    /** Runs the webhook's job, and returns when it comes again; undefined if it is done. */
    async work(attempt = attemptOf()): Promise<number | undefined> {
      try {
        await deliver(parts, webhook.webhook_id, attempt);
        return undefined;
      } catch (thrown) {
        if (thrown instanceof Postponed) return thrown.delayMs;
        throw thrown;
      }
    },
    last: async () => (await webhooks.deliveries(webhook.webhook_id, { limit: 1 })).items[0],
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
}

function make(webhooks: Webhooks, url: string): Promise<NewWebhook> {
  return webhooks.create({ url, events: null, imports: "all", description: null });
}

async function makeImport(): Promise<string> {
  const source = { type: "directory" as const, path: "/evidence" };
  const folders = [{ vendor: "kongur", folder: {}, source }];
  return (await createImport(ledger, { entrust_id: "E-77", suit_ids: [], folders })).importId;
}

/** Makes everything that waits due now. */
async function hurry(): Promise<void> {
  const waiting = ledger.db.updateTable("deliveries").where("state", "=", "pending");
  await waiting.set({ due_at: new Date(0) }).execute();
}

const ok = (response: ServerResponse) => response.writeHead(204).end();
const says =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, headers).end("no");

test("an event is sent signed, as a stranger's library takes it, and is delivered", async () => {
  await using rig = await start((response) => response.writeHead(200).end("thanks"));
  const importId = await makeImport();
  expect(await rig.work()).toBeUndefined();
  const [sent] = rig.receiver.received;
  expect(sent?.path).toBe("/hook?token=hunter2");
  expect(sent?.headers).toMatchObject({
    "content-type": "application/json",
    "user-agent": "Exhibit",
  });
  const headers = sent?.headers as Record<string, string>;
  expect(new Webhook(rig.webhook.secret).verify(sent?.body ?? "", headers)).toEqual({
    type: "import.created",
    timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    data: expect.objectContaining({ import_id: importId, entrust_id: "E-77", status: "planning" }),
  });
  expect(await rig.last()).toMatchObject({
    ...{ delivery_id: headers["webhook-id"], state: "delivered", status: 200, answer: "thanks" },
  });
});

test("what fails is tried again, with the same id and the same body, until it is taken", async () => {
  await using rig = await start((response, count) =>
    count < 3 ? says(500)(response) : ok(response),
  );
  await makeImport();
  const pause = await rig.work();
  expect(pause).toBeGreaterThan(4_000);
  expect(pause).toBeLessThan(6_000);
  expect(await rig.last()).toMatchObject({
    state: "pending",
    tries: 1,
    status: 500,
    error: "The receiver answered 500.",
  });
  await hurry();
  expect(await rig.work()).toBeGreaterThan(250_000);
  await hurry();
  expect(await rig.work()).toBeUndefined();
  const ids = rig.receiver.received.map(({ headers, body }) => [headers["webhook-id"], body]);
  expect(new Set(ids.map((each) => JSON.stringify(each))).size).toBe(1);
  expect(await rig.last()).toMatchObject({ state: "delivered", tries: 3, error: null });
});

test("after ten tries a delivery is dead, and can be sent again", async () => {
  await using rig = await start(says(503));
  await makeImport();
  for (let tries = 1; tries <= 9; tries += 1) {
    expect(await rig.work()).toBeGreaterThan(0);
    await hurry();
  }
  expect(await rig.work()).toBeUndefined();
  const dead = await rig.last();
  expect(dead).toMatchObject({ state: "dead", tries: 10, due_at: null });
  expect(await rig.webhooks.redeliver(dead?.delivery_id ?? "")).toMatchObject({
    state: "pending",
    tries: 0,
  });
  expect(rig.rung).toEqual([`deliver ${rig.webhook.webhook_id}`]);
  expect(rig.receiver.received).toHaveLength(10);
});

test("a receiver says when it wants to be asked again", async () => {
  await using rig = await start(says(429, { "retry-after": "90" }));
  await makeImport();
  const pause = await rig.work();
  expect(pause).toBeGreaterThan(85_000);
  expect(pause).toBeLessThanOrEqual(90_000);
});

test("a receiver that is gone is asked for nothing more", async () => {
  await using rig = await start(says(410));
  const importId = await makeImport();
  await rig.work();
  expect(await rig.last()).toMatchObject({
    state: "dead",
    status: 410,
    error: expect.stringContaining("gone"),
  });
  expect((await rig.webhooks.list(fresh)).items).toMatchObject([{ active: false, is_gone: true }]);
  await cancelImport(ledger, importId);
  expect(await rig.work()).toBeUndefined();
  expect(rig.receiver.received).toHaveLength(1);
});

test("a redirect isn't followed, wherever it leads", async () => {
  await using rig = await start((response) => {
    response.writeHead(302, { location: `${rig.receiver.url}/elsewhere` }).end();
  });
  await makeImport();
  await rig.work();
  expect(rig.receiver.received.map(({ path }) => path)).toEqual(["/hook?token=hunter2"]);
  expect(await rig.last()).toMatchObject({
    state: "pending",
    status: 302,
    error: expect.stringContaining("redirects aren't followed"),
  });
});

test("of an answer without end 1 KiB is kept, and no more is read", async () => {
  await using rig = await start((response) => {
    const more = () => response.write("\u001b[2J\0".repeat(10_000));
    response
      .writeHead(200)
      .on("drain", more)
      .on("error", () => {});
    more();
  });
  await makeImport();
  await rig.work();
  const last = await rig.last();
  expect(last).toMatchObject({ state: "delivered", status: 200 });
  // What a terminal would act on is visible instead.
  expect(last?.answer).toMatch(/^\\u\{1b\}\[2J\\u\{0\}/);
});

test("a receiver that closes the connection, or isn't there, has failed", async () => {
  await using rig = await start((response) => response.destroy());
  await makeImport();
  expect(await rig.work()).toBeGreaterThan(4_000);
  expect(await rig.last()).toMatchObject({
    status: null,
    error: expect.stringContaining("closed the connection"),
  });
  await rig.receiver[Symbol.asyncDispose]();
  await hurry();
  await rig.work();
  expect(await rig.last()).toMatchObject({
    tries: 2,
    error: expect.stringContaining("nothing listens there"),
  });
});

test("a receiver that is too slow has failed; one that answers and then says no more hasn't", async () => {
  await using rig = await start((response, count) => {
    if (count > 1) response.writeHead(202).write("on it");
  });
  await makeImport();
  const work = () =>
    deliver({ ...rig.parts, answerTimeoutMs: 100 }, rig.webhook.webhook_id, attemptOf()).catch(
      (thrown: unknown) => {
        if (!(thrown instanceof Postponed)) throw thrown;
      },
    );
  await work();
  const error = "The receiver didn't answer within 0.1 s.";
  expect(await rig.last()).toMatchObject({ state: "pending", tries: 1, status: null, error });
  await hurry();
  await work();
  expect(await rig.last()).toMatchObject({ state: "delivered", tries: 2, status: 202 });
});

test("a webhook with a long queue lets others have their turn", async () => {
  await using rig = await start((response) => {
    // So much time has passed by now that its turn is over.
    vi.spyOn(Date, "now").mockReturnValue(later);
    ok(response);
  });
  const later = Date.now() + 60_000;
  for (let made = 0; made < 12; made += 1) await makeImport();
  expect(await rig.work()).toBe(0);
  vi.restoreAllMocks();
  expect(rig.receiver.received.length).toBeLessThanOrEqual(4);
  expect(await rig.work()).toBe(0);
  vi.restoreAllMocks();
});

test("four requests go to one receiver at once, and no event twice", async () => {
  const held: ServerResponse[] = [];
  await using rig = await start((response) => void held.push(response));
  for (let made = 0; made < 12; made += 1) await makeImport();
  const working = rig.work();
  for (let wave = 1; wave <= 3; wave += 1) {
    await rig.receiver.reached(4 * wave);
    // A fifth would have come by now.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(held).toHaveLength(4);
    for (const response of held.splice(0)) ok(response);
  }
  expect(await working).toBeUndefined();
  const ids = rig.receiver.received.map(({ headers }) => headers["webhook-id"]);
  expect([ids.length, new Set(ids).size]).toEqual([12, 12]);
});

test("a worker that stops gives back what it has begun, and nothing counts as tried", async () => {
  await using rig = await start(() => {});
  await makeImport();
  const stop = new AbortController();
  const working = rig.work(attemptOf({ signal: stop.signal }));
  await rig.receiver.reached(1);
  stop.abort(new Error("stopping"));
  await expect(working).rejects.toMatchObject({ code: "INTERRUPTED" });
  expect(await rig.last()).toMatchObject({ state: "pending", tries: 0 });
});

test("what a process that died had begun comes again by itself", async () => {
  await using rig = await start(ok);
  await makeImport();
  // It has claimed the delivery, and was never heard of again.
  await claimDelivery(ledger, rig.webhook.webhook_id, 1);
  await expect.poll(() => rig.work()).toBeUndefined();
  expect(rig.receiver.received).toHaveLength(1);
});

describe("the address", () => {
  test("is looked at when a webhook is made", async () => {
    await using rig = await start(ok);
    const bad = [
      "http://127.0.0.1/",
      `${rig.receiver.url}/#a`,
      "http://169.254.169.254/",
      "ftp://a/",
    ];
    for (const url of bad) {
      const expected = url === "http://127.0.0.1/" ? undefined : "ADDRESS_REFUSED";
      const result = await make(rig.webhooks, url).then(
        () => undefined,
        (error: { code: string }) => error.code,
      );
      expect([url, result]).toEqual([url, expected]);
    }
  });

  test("of whatever is inside makes no webhook and no callback, in any spelling", async () => {
    await using rig = await start(ok);
    const strict = createSafeFetch({ ports: "all", plain: true });
    const webhooks = rig.webhooksBy(strict);
    for (const host of inside) {
      const url = `http://${host}:${rig.receiver.port}/`;
      const refusal = {
        code: "ADDRESS_REFUSED",
        message: expect.stringContaining("can't be called"),
      };
      await expect(make(webhooks, url), host).rejects.toMatchObject(refusal);
      expect(() => webhooks.callback(url), host).toThrow(expect.objectContaining(refusal));
    }
    expect((await webhooks.list(fresh)).items).toHaveLength(1);
  });

  test("is called by a name only if all that the name stands for may be called, at each try", async () => {
    await using rig = await start(ok);
    // The receiver's address is outside here, and another one of this machine inside.
    const { port } = rig.receiver;
    await using dns = await startDns((name, times) => {
      if (name === "mixed.test") return ["127.0.0.1", "127.0.0.2"];
      return [name === "rebinds.test" && times === 1 ? "127.0.0.1" : "127.0.0.2"];
    });
    const fetch = createSafeFetch({
      ...{ ports: [port], plain: true, allowedRanges: ["127.0.0.1"], lookup: dns.lookup },
    });
    const webhooks = rig.webhooksBy(fetch);
    await webhooks.remove(rig.webhook.webhook_id);
    const ids: string[] = [];
    for (const name of ["inside.test", "mixed.test", "rebinds.test"]) {
      ids.push((await make(webhooks, `http://${name}:${port}/${name}`)).webhook_id);
    }
    await makeImport();
    const tell = async (id: string) =>
      await deliver({ ...rig.parts, fetch }, id, attemptOf()).catch((thrown: unknown) => {
        if (!(thrown instanceof Postponed)) throw thrown;
      });
    for (const id of ids) await tell(id);
    expect(rig.receiver.received.map(({ path }) => path)).toEqual(["/rebinds.test"]);
    await makeImport();
    for (const id of ids) await tell(id);
    expect(rig.receiver.received.map(({ path }) => path)).toEqual(["/rebinds.test"]);
    for (const id of ids) {
      const [last] = (await webhooks.deliveries(id, fresh)).items;
      expect(last).toMatchObject({
        state: "pending",
        status: null,
        error: expect.stringContaining("can't be called"),
      });
    }
  });

  test("is looked at again whenever something is sent: what leads inside by now isn't called", async () => {
    await using rig = await start(ok);
    await makeImport();
    const strict = createSafeFetch({ ports: [rig.receiver.port], plain: true });
    await expect(
      deliver({ ...rig.parts, fetch: strict }, rig.webhook.webhook_id, attemptOf()),
    ).rejects.toThrow(Postponed);
    expect(rig.receiver.received).toEqual([]);
    expect(await rig.last()).toMatchObject({
      state: "pending",
      error: expect.stringContaining("can't be called"),
    });
  });
});

test("a webhook of a revoked key is told nothing more, not even what waits", async () => {
  await using rig = await start(ok);
  const importId = await makeImport();
  await revokeApiKey(ledger, rig.keyId, by);
  await pauseImport(ledger, importId, by);
  expect(await rig.work()).toBeUndefined();
  expect(rig.receiver.received).toEqual([]);
  const rows = await ledger.db
    .selectFrom("deliveries")
    .selectAll()
    .where("import_id", "=", importId)
    .execute();
  expect(rows).toMatchObject([{ event: "import.created", state: "withheld", tries: 0 }]);
});

test("both secrets sign after a rotation, and the old one no longer than it was said", async () => {
  await using rig = await start(ok);
  const rotated = await rig.webhooks.rotate(rig.webhook.webhook_id, { old_valid_hours: 24 });
  await makeImport();
  await rig.work();
  await rig.webhooks.rotate(rig.webhook.webhook_id, { old_valid_hours: 0 });
  await makeImport();
  await rig.work();
  const verify = (secret: string, at: number) => {
    const { body = "", headers = {} } = rig.receiver.received[at] ?? {};
    return new Webhook(secret).verify(body, headers as Record<string, string>);
  };
  expect(verify(rig.webhook.secret, 0)).toEqual(verify(rotated.secret, 0));
  expect(() => verify(rig.webhook.secret, 1)).toThrow("signature");
  expect(() => verify(rotated.secret, 1)).toThrow("signature");
});

test("a secret that can't be decrypted is said, and nothing goes out unsigned", async () => {
  await using rig = await start(ok);
  await makeImport();
  await expect(
    deliver({ ...rig.parts, secrets: undefined }, rig.webhook.webhook_id, attemptOf()),
  ).rejects.toThrow(Postponed);
  expect(rig.receiver.received).toEqual([]);
  expect(await rig.last()).toMatchObject({ error: expect.stringContaining("Rotate the webhook") });
});

test("without a key there are no webhooks, and the answer says what to do", async () => {
  await using rig = await start(ok);
  const off = createWebhooks({
    ...{ ...rig.parts, secrets: undefined },
    engine: { enqueue: async () => {} },
  })({
    principal: { name: "oidc:a@b", role: "producer", scope: everything, mayNameOthers: false },
    who: "a",
  });
  await expect(make(off, `${rig.receiver.url}/`)).rejects.toMatchObject({ code: "WEBHOOKS_OFF" });
  expect(() => off.callback(`${rig.receiver.url}/`)).toThrow(
    expect.objectContaining({ code: "WEBHOOKS_OFF" }),
  );
});

test("a failure is logged, without address, answer or secret", async () => {
  await using rig = await start(says(500));
  const importId = await makeImport();
  await rig.work();
  expect(rig.logged).toMatchObject([
    {
      event: "webhook.failed",
      webhook_id: rig.webhook.webhook_id,
      import_id: importId,
      status: 500,
      tries: 1,
      address: "127.0.0.1",
    },
  ]);
  const rows = [
    await ledger.db.selectFrom("webhooks").selectAll().execute(),
    await ledger.db.selectFrom("deliveries").selectAll().execute(),
  ];
  const secret = rig.webhook.secret.slice("whsec_".length);
  expect(JSON.stringify([rig.logged, rows])).not.toContain(secret);
  expect(JSON.stringify(rig.logged)).not.toContain("hunter2");
});

test("nobody waits for a bell: a slow receiver's job may run for long", async () => {
  await using rig = await start(ok);
  await makeImport();
  const engine = { enqueue: () => new Promise<void>(() => {}) };
  const webhooks = createWebhooks({ ...rig.parts, engine })({
    principal: rig.principal,
    who: "王芳",
  });
  const sent = await webhooks.test(rig.webhook.webhook_id);
  expect(await webhooks.redeliver(sent.delivery_id)).toMatchObject({ state: "pending" });
});

test("the reconciler rings for what has been due for a while, even if its job waits", async () => {
  await using rig = await start(ok);
  await makeImport();
  const enqueued: unknown[] = [];
  const engine = { enqueue: async (...of: unknown[]) => void enqueued.push(of) };
  await enqueueOpenWork({ ledger, engine }, 60_000);
  const ofWebhooks = () => enqueued.filter((of) => (of as string[])[0] === "deliver");
  expect(ofWebhooks()).toEqual([]);
  await enqueueOpenWork({ ledger, engine }, 0);
  expect(ofWebhooks().at(-1)).toEqual([
    "deliver",
    [{ id: rig.webhook.webhook_id }],
    { isNewer: true },
  ]);
});

test("a webhook's job is titled by where it sends what next, without the address's secrets", async () => {
  await using rig = await start(says(500));
  const labels = createJobLabels(ledger);
  const title = async () => [...(await labels("deliver", [rig.webhook.webhook_id, "x"])).values()];
  const host = new URL(rig.receiver.url).host;
  expect(await title()).toEqual([host]);
  const importId = await makeImport();
  expect(await title()).toEqual([`${host}: import.created of E-77, import ${importId}`]);
  await rig.webhooks.test(rig.webhook.webhook_id);
  expect(await title()).toEqual([
    `${host}: import.created of E-77, import ${importId}, and 1 more`,
  ]);
  await ledger.db.deleteFrom("deliveries").where("import_id", "is not", null).execute();
  expect(await title()).toEqual([`${host}: webhook.test`]);
});

test("an import shows where its own events go, and what became of the last, without the address's secrets", async () => {
  await using rig = await start(says(500));
  const source = { type: "directory" as const, path: "/evidence" };
  const folders = [{ vendor: "kongur", folder: {}, source }];
  const request = { entrust_id: "E-77", suit_ids: [], folders };
  const told = rig.webhooks.callback(rig.webhook.url);
  const { importId } = await createImport(ledger, request, by, told);
  const callback = async () => (await readImport(ledger, importId)).callback;
  const where = { webhook_id: rig.webhook.webhook_id, host: new URL(rig.receiver.url).host };
  const last = { event: "import.created", state: "pending", tries: 0, status: null };
  expect(await callback()).toMatchObject({ ...where, last });
  await rig.work();
  expect(await callback()).toMatchObject({ ...where, last: { ...last, tries: 1, status: 500 } });
  expect(JSON.stringify(await readImport(ledger, importId))).not.toContain("hunter2");
  expect((await readImport(ledger, await makeImport())).callback).toBeNull();
  await rig.webhooks.remove(rig.webhook.webhook_id);
  expect(await callback()).toBeNull();
});
