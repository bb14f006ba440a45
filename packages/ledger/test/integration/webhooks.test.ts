import { createHash, randomUUID } from "node:crypto";
import { everything, type Principal, type Scope, type WebhookEvent } from "@exhibit/contracts";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  addTest,
  type Callback,
  cancelImport,
  changeEndpoint,
  claimDelivery,
  createApiKey,
  createEndpoint,
  createImport,
  finishPlanning,
  finishShard,
  forgetOldDeliveries,
  giveBackDelivery,
  type Ledger,
  ledgerWithin,
  listAllAuditEvents,
  listEndpoints,
  listImportDeliveries,
  listWebhookDeliveries,
  nextDelivery,
  pauseImport,
  readDelivery,
  readVerificationWork,
  recordOutcomes,
  recordTry,
  redeliver,
  removeEndpoint,
  resumeImport,
  revokeApiKey,
  rotateEndpoint,
  sealImport,
  startVerification,
  verifyReceipts,
  webhooksWithWork,
  withholdDelivery,
} from "../../src/index.ts";
import { filesOf, folderOf, type One, planned, stored } from "../imports.ts";

const by = { who: "王芳", why: "for the portal" };
const fresh = { limit: 100 };

describe.each(Object.entries(ledgerKinds))("webhooks in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());
  // An event goes to all who may see it: no webhook of another test is among them.
  beforeEach(async () => void (await ledger.db.deleteFrom("webhooks").execute()));

  /** Makes a key, and returns the principal that it stands for. */
  async function holder(scope: Partial<Scope> = {}, name = `portal ${randomUUID()}`) {
    const id = randomUUID().slice(0, 8);
    const key = {
      ...{ id, name, role: "producer" as const, scope: { ...everything, ...scope } },
      ...{ mayNameOthers: false, digest: createHash("sha256").update(id).digest() },
      expiresAt: new Date(Date.now() + 3_600_000),
    };
    await createApiKey(ledger, key, by);
    const principal: Principal = {
      name: `key:${name}`,
      role: key.role,
      scope: key.scope,
      mayNameOthers: false,
    };
    return { ...principal, id };
  }

  const newEndpoint = (more: Partial<Callback["endpoint"]> = {}): Callback["endpoint"] => ({
    id: randomUUID(),
    url: `https://hooks.test/${randomUUID()}?token=hunter2`,
    events: null,
    imports: "all",
    description: null,
    secret: "k1:encrypted",
    ...more,
  });
  const hook = (owner: Principal, more: Partial<Callback["endpoint"]> = {}) =>
    createEndpoint(ledger, newEndpoint(more), owner, by);

  const makeImport = (more: object = {}, callback?: Callback) =>
    createImport(
      ledger,
      { entrust_id: "E-77", suit_ids: [], folders: [folderOf("/evidence/1001")], ...more },
      by,
      callback,
    );

  /** Returns what a webhook was told, the earliest first. */
  async function toldTo({ webhook_id }: { webhook_id: string }) {
    const rows = await ledger.db
      .selectFrom("deliveries")
      .select(["event", "import_id", "data", "id"])
      .where("webhook_id", "=", webhook_id)
      .orderBy("number")
      .execute();
    return rows;
  }
  const eventsOf = async (of: { webhook_id: string }) =>
    (await toldTo(of)).map(({ event }) => event);

  test("an import's events are recorded by what changes it, each with how things stand then", async () => {
    const webhook = await hook(await holder());
    const { importId, folder, shardId } = await planned(ledger, 1);
    await pauseImport(ledger, importId, by);
    await resumeImport(ledger, importId, by);
    const [file] = await filesOf<One>(ledger, shardId);
    await recordOutcomes(ledger, folder.id, [stored(file)], []);
    await finishShard(ledger, shardId);
    await sealImport(ledger, importId, testSealer);
    const told = await toldTo(webhook);
    expect(told.map(({ event }) => event)).toEqual([
      "import.created",
      "import.planned",
      "import.paused",
      "import.resumed",
      "import.sealed",
    ]);
    expect(told.at(-1)?.data).toEqual({
      import_id: importId,
      entrust_id: "E-77",
      status: "sealed",
      labels: {},
      counts: {
        ...{ files: 1, bytes: 10, stored: 1, stored_bytes: 10, identical: 0, identical_bytes: 0 },
        ...{ failed: 0, waived: 0, skipped: 0 },
      },
      seq: expect.any(Number),
    });
    const seqs = told.map(({ data }) => data.seq as number);
    expect(seqs).toEqual([...seqs].sort((one, other) => one - other));
    expect(new Set(seqs).size).toBe(seqs.length);
  });

  test("a verification tells what isn't as it was sealed, and nothing if all of it is", async () => {
    const webhook = await hook(await holder(), { events: ["import.differs"] });
    const { importId, folder, shardId } = await planned(ledger, 1);
    const [file] = await filesOf<One>(ledger, shardId);
    await recordOutcomes(ledger, folder.id, [stored(file)], []);
    await finishShard(ledger, shardId);
    await sealImport(ledger, importId, testSealer);
    const verify = async () => {
      const number = await startVerification(ledger, importId, { against: "receipts" }, by);
      const work = await readVerificationWork(ledger, number);
      if (work === undefined) throw new Error("it isn't running");
      await verifyReceipts(ledger, work, {
        sealer: testSealer,
        signal: new AbortController().signal,
      });
    };
    await verify();
    expect(await eventsOf(webhook)).toEqual([]);
    await sql`update files set etag = 'forged' where id = ${file?.id}`.execute(ledger.db);
    await verify();
    expect(await eventsOf(webhook)).toEqual(["import.differs"]);
  });

  test("what isn't committed isn't told", async () => {
    const webhook = await hook(await holder());
    const { importId } = await makeImport();
    const work = ledger.db.transaction().execute(async (tx) => {
      await sql`update imports set status = 'cancelled' where id = ${importId}`.execute(tx);
      throw new Error("rolled back");
    });
    await expect(work).rejects.toThrow("rolled back");
    expect(await eventsOf(webhook)).toEqual(["import.created"]);
  });

  test("failing and cancelling are told; steps on the way aren't", async () => {
    const webhook = await hook(await holder());
    const failed = await planned(ledger, 1);
    const [file] = await filesOf<One>(ledger, failed.shardId);
    const outcome = {
      fileId: file.id,
      state: "failed",
      code: "SOURCE_IO",
      message: "EIO",
    } as const;
    await recordOutcomes(ledger, failed.folder.id, [], [outcome]);
    await finishShard(ledger, failed.shardId);
    await sealImport(ledger, failed.importId, testSealer);
    const { importId } = await makeImport();
    await pauseImport(ledger, importId, by);
    await cancelImport(ledger, importId, by);
    expect(await eventsOf(webhook)).toEqual([
      ...["import.created", "import.planned", "import.attention"],
      ...["import.created", "import.paused", "import.cancelled"],
    ]);
  });

  test("a webhook is told of its owner's scope, as it is now, and by a valid key alone", async () => {
    const owners = {
      all: await holder(),
      case: await holder({ entrust_ids: ["E-1", "E-77"] }),
      other: await holder({ entrust_ids: ["E-1"] }),
      vendor: await holder({ vendors: ["kongur"] }),
      otherVendor: await holder({ vendors: ["rex"] }),
      revoked: await holder(),
      expired: await holder(),
    };
    const hooks = new Map<string, { webhook_id: string }>();
    for (const [name, owner] of Object.entries(owners)) hooks.set(name, await hook(owner));
    await revokeApiKey(ledger, owners.revoked.id, by);
    await sql`update api_keys set expires_at = now() where id = ${owners.expired.id}`.execute(
      ledger.db,
    );
    // Another key of the same name is another's.
    const heir = await holder({}, owners.revoked.name.slice("key:".length));
    expect((await listEndpoints(ledger, heir, fresh)).items).toEqual([]);
    await makeImport();
    await makeImport({ entrust_id: undefined });
    const mixed = [folderOf("/a"), { ...folderOf("/b"), vendor: "rex" }];
    await makeImport({ entrust_id: "E-2", folders: mixed });
    const counts: Record<string, number> = {};
    for (const [name, webhook] of hooks) counts[name] = (await toldTo(webhook)).length;
    expect(counts).toEqual({
      ...{ all: 3, case: 1, other: 0, vendor: 2, otherVendor: 0 },
      ...{ revoked: 0, expired: 0 },
    });
  });

  test("an owner without a key counts for the scope that was last seen, and not forever", async () => {
    const person: Principal = {
      ...{ name: "oidc:wang@id", role: "producer", mayNameOthers: false },
      scope: { ...everything, entrust_ids: ["E-1"] },
    };
    const webhook = await hook(person);
    await makeImport();
    expect(await eventsOf(webhook)).toEqual([]);
    await listEndpoints(ledger, { ...person, scope: everything }, fresh);
    await makeImport();
    expect(await eventsOf(webhook)).toHaveLength(1);
    await sql`update webhooks set valid_until = now() where id = ${webhook.webhook_id}`.execute(
      ledger.db,
    );
    await makeImport();
    expect(await eventsOf(webhook)).toHaveLength(1);
  });

  test("a webhook is told the events that it wants, of the imports that it wants", async () => {
    const owner = await holder();
    const events: WebhookEvent[] = ["import.cancelled"];
    const some = await hook(owner, { events });
    const named = await hook(owner, { imports: "named" });
    const off = await hook(owner);
    await changeEndpoint(ledger, off.webhook_id, { active: false }, owner, "who");
    const one = await makeImport();
    await cancelImport(ledger, one.importId, by);
    const callback = { endpoint: newEndpoint({ url: named.url }), owner };
    await makeImport({}, callback);
    expect(await eventsOf(some)).toEqual(["import.cancelled"]);
    expect(await eventsOf(named)).toEqual(["import.created"]);
    expect(await eventsOf(off)).toEqual([]);
  });

  test("a callback's address becomes a webhook once, in the transaction of the import", async () => {
    const owner = await holder();
    const endpoint = newEndpoint({ imports: "named" });
    await makeImport({}, { endpoint, owner });
    await makeImport({}, { endpoint: { ...endpoint, id: randomUUID() }, owner });
    const { items } = await listEndpoints(ledger, owner, fresh);
    expect(items.map(({ webhook_id, imports }) => [webhook_id, imports])).toEqual([
      [endpoint.id, "named"],
    ]);
    expect(await eventsOf({ webhook_id: endpoint.id })).toEqual([
      "import.created",
      "import.created",
    ]);
    const lost = makeImport(
      { entrust_id: "x", labels: { a: "b" }, folders: [] },
      { endpoint: newEndpoint(), owner },
    );
    await expect(lost).rejects.toThrow();
    expect((await listEndpoints(ledger, owner, fresh)).items).toHaveLength(1);
  });

  test("labels that would make a body too large are left out", async () => {
    const webhook = await hook(await holder());
    const long = Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [`键${at}`, "值".repeat(200)]),
    );
    await makeImport({ labels: { court: "hangzhou" } });
    await makeImport({ labels: long, entrust_id: "委".repeat(200) });
    const [small, large] = await toldTo(webhook);
    expect(small?.data.labels).toEqual({ court: "hangzhou" });
    expect(large?.data.labels).toBeNull();
    expect(Buffer.byteLength(JSON.stringify(large?.data))).toBeLessThan(3_500);
  });

  test("each due delivery is claimed once, and comes again if nothing more is heard of it", async () => {
    const webhook = await hook(await holder());
    await makeImport();
    await makeImport();
    const claims = await Promise.all(
      Array.from({ length: 4 }, () => claimDelivery(ledger, webhook.webhook_id, 60_000)),
    );
    const taken = claims.flatMap((claim) => claim ?? []);
    expect(new Set(taken.map(({ id }) => id)).size).toBe(2);
    expect(taken[0]).toMatchObject({
      event: "import.created",
      url: webhook.url,
      secret: "k1:encrypted",
      previousSecret: null,
      tries: 1,
      isSeen: true,
    });
    expect(await nextDelivery(ledger, webhook.webhook_id)).toBeGreaterThan(50_000);
    await sql`update deliveries set due_at = now() where webhook_id = ${webhook.webhook_id}`.execute(
      ledger.db,
    );
    expect(await claimDelivery(ledger, webhook.webhook_id, 60_000)).toMatchObject({ tries: 2 });
    await giveBackDelivery(ledger, taken[0]?.id ?? "");
    expect(await nextDelivery(ledger, webhook.webhook_id)).toBeLessThanOrEqual(0);
  });

  test("a try ends as delivered, as to be tried again, or as dead", async () => {
    const owner = await holder();
    const webhook = await hook(owner);
    const { importId } = await makeImport();
    const claim = async () =>
      (await claimDelivery(ledger, webhook.webhook_id, 60_000))?.id ?? "none";
    const id = await claim();
    await recordTry(ledger, id, {
      status: 500,
      answer: "o\0ops",
      error: "It said 500.",
      againIn: 5_000,
    });
    expect(await readDelivery(ledger, id, owner)).toMatchObject({
      ...{ state: "pending", tries: 1, status: 500, answer: "oops", error: "It said 500." },
      due_at: expect.any(String),
    });
    expect(await nextDelivery(ledger, webhook.webhook_id)).toBeGreaterThan(4_000);
    expect((await listEndpoints(ledger, owner, fresh)).items[0]).toMatchObject({
      failures: 1,
      error: "It said 500.",
    });
    await recordTry(ledger, id, { status: 204, answer: "" });
    expect(await readDelivery(ledger, id, owner)).toMatchObject({
      state: "delivered",
      error: null,
      due_at: null,
    });
    expect((await listEndpoints(ledger, owner, fresh)).items[0]).toMatchObject({
      failures: 0,
      succeeded_at: expect.any(String),
    });
    // What was delivered stays so, whatever a slower process records.
    await recordTry(ledger, id, { error: "late", againIn: 1 });
    expect(await readDelivery(ledger, id, owner)).toMatchObject({ state: "delivered" });
    await cancelImport(ledger, importId, by);
    const dead = await claim();
    await recordTry(ledger, dead, { status: 410, error: "gone", isGone: true });
    expect(await readDelivery(ledger, dead, owner)).toMatchObject({ state: "dead", due_at: null });
    expect((await listEndpoints(ledger, owner, fresh)).items[0]).toMatchObject({
      active: false,
      is_gone: true,
    });
    await makeImport();
    expect(await webhooksWithWork(ledger, { dueForMs: 0 })).toEqual([]);
    await changeEndpoint(ledger, webhook.webhook_id, { active: true }, owner, "who");
    expect((await listEndpoints(ledger, owner, fresh)).items[0]).toMatchObject({
      active: true,
      is_gone: false,
      failures: 0,
    });
  });

  test("a webhook that has failed fifty times in a row is tried once an hour", async () => {
    const webhook = await hook(await holder());
    const id = webhook.webhook_id;
    await makeImport();
    await makeImport();
    await sql`update webhooks set failures = 49 where id = ${id}`.execute(ledger.db);
    const claimed = await claimDelivery(ledger, id, 60_000);
    await recordTry(ledger, claimed?.id ?? "", { error: "no", againIn: 0 });
    expect(await claimDelivery(ledger, id, 60_000)).toBeUndefined();
    expect(await nextDelivery(ledger, id)).toBeGreaterThan(3_500_000);
    expect(await webhooksWithWork(ledger, { dueForMs: 0 })).toEqual([]);
    await sql`update webhooks set hold_until = now() where id = ${id}`.execute(ledger.db);
    const probes = await Promise.all([1, 2].map(() => claimDelivery(ledger, id, 60_000)));
    const [probe, ...more] = probes.flatMap((each) => each ?? []);
    expect(more).toEqual([]);
    await recordTry(ledger, probe?.id ?? "", { status: 200 });
    expect(await claimDelivery(ledger, id, 60_000)).toBeDefined();
  });

  test("a delivery isn't shown to be sent once its owner may not see the import any more", async () => {
    const owner = await holder();
    const webhook = await hook(owner);
    await makeImport();
    await revokeApiKey(ledger, owner.id, by);
    const claimed = await claimDelivery(ledger, webhook.webhook_id, 60_000);
    expect(claimed).toMatchObject({ isSeen: false });
    await withholdDelivery(ledger, claimed?.id ?? "");
    const rows = await ledger.db
      .selectFrom("deliveries")
      .selectAll()
      .where("webhook_id", "=", webhook.webhook_id)
      .execute();
    expect(rows).toMatchObject([{ state: "withheld", tries: 0 }]);
  });

  test("secrets overlap after a rotation", async () => {
    const owner = await holder();
    const webhook = await hook(owner);
    await makeImport();
    await makeImport();
    const rotation = { secret: "k1:other", previousUntil: new Date(Date.now() + 60_000) };
    await rotateEndpoint(ledger, webhook.webhook_id, rotation, owner, by);
    const claim = await claimDelivery(ledger, webhook.webhook_id, 1);
    expect(claim).toMatchObject({ secret: "k1:other", previousSecret: "k1:encrypted" });
    await sql`update webhooks set previous_until = now() where id = ${webhook.webhook_id}`.execute(
      ledger.db,
    );
    expect(await claimDelivery(ledger, webhook.webhook_id, 60_000)).toMatchObject({
      previousSecret: null,
    });
  });

  test("another's webhook isn't there, for whatever is asked", async () => {
    const [owner, stranger] = [await holder(), await holder()];
    const { webhook_id: id } = await hook(owner);
    const { importId } = await makeImport();
    const [delivery] = await toldTo({ webhook_id: id });
    const deliveryId = delivery?.id ?? "";
    const missing = { code: "NOT_FOUND", message: `There is no webhook ${id}.` };
    await expect(
      changeEndpoint(ledger, id, { active: false }, stranger, "who"),
    ).rejects.toMatchObject(missing);
    await expect(
      rotateEndpoint(ledger, id, { secret: "x", previousUntil: new Date() }, stranger, by),
    ).rejects.toMatchObject(missing);
    await expect(removeEndpoint(ledger, id, stranger, by)).rejects.toMatchObject(missing);
    await expect(addTest(ledger, id, stranger, by)).rejects.toMatchObject(missing);
    await expect(listWebhookDeliveries(ledger, id, stranger, fresh)).rejects.toMatchObject(missing);
    await expect(removeEndpoint(ledger, "no-uuid", owner, by)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await expect(readDelivery(ledger, deliveryId, stranger)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await expect(redeliver(ledger, deliveryId, stranger, by)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    expect((await listEndpoints(ledger, stranger, fresh)).items).toEqual([]);
    expect((await listImportDeliveries(ledger, importId, stranger, fresh)).items).toEqual([]);
    // An operator sees to all deliveries within their scope, and to no test of others.
    const operator = { ...stranger, role: "ops" as const };
    expect((await listImportDeliveries(ledger, importId, operator, fresh)).items).toHaveLength(1);
    expect(await redeliver(ledger, deliveryId, operator, by)).toMatchObject({ state: "pending" });
    const elsewhere = ledgerWithin(ledger, { ...everything, entrust_ids: ["E-1"] });
    await expect(readDelivery(elsewhere, deliveryId, operator)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    const test = await addTest(ledger, id, owner, by);
    await expect(readDelivery(ledger, test, operator)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await readDelivery(ledger, test, owner)).toMatchObject({
      event: "webhook.test",
      import_id: null,
    });
  });

  test("a delivery can be sent again, with all of its tries", async () => {
    const owner = await holder();
    const { webhook_id: id } = await hook(owner);
    await makeImport();
    const claimed = await claimDelivery(ledger, id, 60_000);
    await recordTry(ledger, claimed?.id ?? "", { error: "no" });
    expect(await redeliver(ledger, claimed?.id ?? "", owner, by)).toMatchObject({
      state: "pending",
      tries: 0,
    });
    expect(await claimDelivery(ledger, id, 60_000)).toMatchObject({ id: claimed?.id, tries: 1 });
    await changeEndpoint(ledger, id, { active: false }, owner, "who");
    await expect(redeliver(ledger, claimed?.id ?? "", owner, by)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
    });
    await expect(addTest(ledger, id, owner, by)).rejects.toMatchObject({ code: "STATE_CONFLICT" });
  });

  test("acts are on record, without the address and the secret", async () => {
    const owner = await holder();
    const webhook = await hook(owner);
    const id = webhook.webhook_id;
    const { importId } = await makeImport();
    await changeEndpoint(ledger, id, { imports: "named", why: "less" }, owner, "王芳");
    await rotateEndpoint(ledger, id, { secret: "k1:other", previousUntil: new Date() }, owner, by);
    await addTest(ledger, id, owner, by);
    const [delivery] = await toldTo({ webhook_id: id });
    await redeliver(ledger, delivery?.id ?? "", owner, by);
    expect(await removeEndpoint(ledger, id, owner, by)).toEqual({
      ...webhook,
      imports: "named",
      previous_until: expect.any(String),
    });
    const acts = await ledger.db
      .selectFrom("acts")
      .selectAll()
      .where("subject", "=", `webhooks/${id}`)
      .orderBy("id")
      .execute();
    expect(acts.map(({ what, details }) => [what, details])).toEqual([
      ["create", { host: "hooks.test", events: null, imports: "all" }],
      ["change", { imports: "named" }],
      ["rotate", { previous_until: expect.any(String) }],
      ["test", {}],
      ["redeliver", { delivery_id: delivery?.id, import_id: importId }],
      ["remove", { host: "hooks.test" }],
    ]);
    expect(acts[1]).toMatchObject({ who: "王芳", why: "less" });
    expect(JSON.stringify((await listAllAuditEvents(ledger, { limit: 1000 })).items)).not.toContain(
      "hunter2",
    );
    expect(
      await ledger.db.selectFrom("deliveries").selectAll().where("webhook_id", "=", id).execute(),
    ).toEqual([]);
  });

  test("an address is a webhook once, and there is an end to how many somebody has", async () => {
    const [owner, other] = [await holder(), await holder()];
    const { url } = await hook(owner);
    await expect(hook(owner, { url })).rejects.toMatchObject({
      code: "STATE_CONFLICT",
      message: expect.stringContaining("already"),
    });
    await hook(other, { url });
    for (let made = 1; made < 100; made += 1) await hook(owner);
    await expect(hook(owner)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
      message: expect.stringContaining("100 webhooks"),
    });
    const first = await listEndpoints(ledger, owner, { limit: 60 });
    const rest = await listEndpoints(ledger, owner, { limit: 60, after: first.next ?? "" });
    expect([first.items.length, rest.items.length, rest.next]).toEqual([60, 40, null]);
  });

  test("lists of deliveries have pages, the latest first", async () => {
    const owner = await holder();
    const { webhook_id: id } = await hook(owner);
    const { importId } = await makeImport();
    await pauseImport(ledger, importId, by);
    await resumeImport(ledger, importId, by);
    const first = await listImportDeliveries(ledger, importId, owner, { limit: 2 });
    const rest = await listWebhookDeliveries(ledger, id, owner, {
      limit: 2,
      after: first.next ?? "",
    });
    expect([...first.items, ...rest.items].map(({ event }) => event)).toEqual([
      "import.resumed",
      "import.paused",
      "import.created",
    ]);
    expect(first.items[0]).toMatchObject({
      host: "hooks.test",
      state: "pending",
      tries: 0,
      status: null,
    });
    expect(JSON.stringify(first)).not.toContain("hunter2");
  });

  test("old deliveries are forgotten, whatever became of them", async () => {
    const owner = await holder();
    const { webhook_id: id } = await hook(owner);
    await makeImport();
    await makeImport();
    const [old] = await toldTo({ webhook_id: id });
    await sql`update deliveries set created_at = now() - interval '31 days' where id = ${old?.id}`.execute(
      ledger.db,
    );
    await forgetOldDeliveries(ledger);
    expect(await toldTo({ webhook_id: id })).toHaveLength(1);
  });

  test("webhooks with work are found by the import, the delivery, or how long it has been due", async () => {
    const { webhook_id: id } = await hook(await holder());
    const { importId } = await makeImport();
    const [delivery] = await toldTo({ webhook_id: id });
    expect(await webhooksWithWork(ledger, { importId })).toEqual([id]);
    expect(await webhooksWithWork(ledger, { importId: randomUUID() })).toEqual([]);
    expect(await webhooksWithWork(ledger, { deliveryId: delivery?.id ?? "" })).toEqual([id]);
    expect(await webhooksWithWork(ledger, { dueForMs: 60_000 })).toEqual([]);
    expect(await webhooksWithWork(ledger, { dueForMs: 0 })).toEqual([id]);
  });

  test("planning isn't told again for a folder that was planned", async () => {
    const webhook = await hook(await holder());
    const { importId, folderIds } = await makeImport({ folders: [folderOf("/a"), folderOf("/b")] });
    await finishPlanning(ledger, folderIds[0] as number);
    expect(await eventsOf(webhook)).toEqual(["import.created"]);
    await finishPlanning(ledger, folderIds[1] as number);
    await finishPlanning(ledger, folderIds[1] as number);
    expect(await eventsOf(webhook)).toEqual(["import.created", "import.planned"]);
    expect(importId).toBeDefined();
  });
});
