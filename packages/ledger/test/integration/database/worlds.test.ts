import { createDatabase, ledgerKinds } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  acceptPlace,
  createImport,
  deploymentOf,
  type Entrant,
  enterWorld,
  type Ledger,
  listVendorAuditEvents,
  openPostgresLedger,
} from "../../../src/index.ts";

const kongur = {
  gateway: "https://gw.api.taobao.com/router/rest",
  endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
  bucket: "evidence",
};
const deepvision = {
  gateway: "https://gw.api.taobao.com/router/rest",
  endpoint: null,
  bucket: null,
};
const live: Entrant = { world: "live", places: { kongur }, ledgerName: "The ledger" };
const trial: Entrant = {
  world: "trial",
  places: { kongur: { ...kongur, gateway: "http://127.0.0.1:7401/router/rest" } },
  ledgerName: "The ledger",
};
const sandbox = "http://127.0.0.1:43210";
const mismatch = { code: "WORLD_MISMATCH" };

/** Makes a ledger as good as new. */
async function makeNew({ db }: Ledger): Promise<void> {
  await sql`truncate imports, vendor_places, acts cascade`.execute(db);
  await sql`update deployment set world = null`.execute(db);
}

describe.each(Object.entries(ledgerKinds))("Worlds of a ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  beforeEach(() => makeNew(ledger));
  afterAll(() => remove());

  const places = () =>
    ledger.db.selectFrom("vendor_places").selectAll().orderBy("vendor").execute();

  /** Creates an import as an earlier release did, with a folder of kongur at this endpoint. */
  async function importFrom(endpoint: string | null): Promise<string> {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: [
        {
          vendor: "kongur",
          folder: { suit_id: "1001" },
          source: { type: "directory", path: "/evidence" },
        },
      ],
    });
    await ledger.db
      .updateTable("folders")
      .set({ endpoint, bucket: "evidence", prefix: "kongur/" })
      .where("id", "in", folderIds)
      .execute();
    return importId;
  }

  test("a new ledger takes the first process's world, for good, and keeps its id", async () => {
    expect(ledger.deployment.world).toBeNull();
    const entered = await enterWorld(ledger, trial);
    expect(entered.deployment).toEqual({ id: ledger.deployment.id, world: "trial" });
    await expect(enterWorld(ledger, trial)).resolves.toMatchObject({
      deployment: entered.deployment,
    });
    await expect(enterWorld(ledger, live)).rejects.toMatchObject({
      ...mismatch,
      message: expect.stringMatching(
        /The ledger is a trial's for good, and this process is a live/,
      ),
    });
    expect(await places()).toEqual([]);
    expect(await deploymentOf(ledger)).toEqual(entered.deployment);
  });

  test("a trial is refused on a live one", async () => {
    await enterWorld(ledger, live);
    await expect(enterWorld(ledger, trial)).rejects.toMatchObject({
      ...mismatch,
      message: expect.stringMatching(
        /The ledger is a live deployment's, and this process is a trial/,
      ),
      details: { ledger: "live", process: "trial" },
    });
  });

  test("vendors' places are recorded when they first come, and stay when they aren't configured any more", async () => {
    await enterWorld(ledger, live);
    await enterWorld(ledger, { ...live, places: { deepvision } });
    const internal = { ...kongur, endpoint: "https://oss-cn-hangzhou-internal.aliyuncs.com" };
    await enterWorld(ledger, { ...live, places: { kongur: internal } });
    expect(await places()).toMatchObject([
      { vendor: "deepvision", ...deepvision, who: "exhibit", why: null },
      { vendor: "kongur", ...kongur, who: "exhibit", why: null },
    ]);
  });

  test.each([
    ["gateway", "https://elsewhere.example/router/rest"],
    ["endpoint", "https://oss-cn-beijing.aliyuncs.com"],
    ["bucket", "another"],
  ])("another %s is refused, and a refused process records nothing", async (key, value) => {
    await enterWorld(ledger, live);
    const moved = { ...kongur, [key]: value };
    const entering = enterWorld(ledger, { ...live, places: { deepvision, kongur: moved } });
    await expect(entering).rejects.toMatchObject(mismatch);
    await expect(entering).rejects.toThrow(kongur[key as keyof typeof kongur]);
    await expect(entering).rejects.toThrow(`${value}`);
    await expect(entering).rejects.toThrow("exhibit vendors accept kongur --why TEXT");
    expect((await places()).map(({ vendor }) => vendor)).toEqual(["kongur"]);
  });

  test("a person accepts a place, which the audit log shows, and the old one is refused from then on", async () => {
    await enterWorld(ledger, live);
    const moved: Entrant = { ...live, places: { kongur: { ...kongur, bucket: "evidence-2" } } };
    const by = { who: "王芳", why: "they moved" };
    await expect(acceptPlace(ledger, live, "kongur", by)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
    });
    await expect(acceptPlace(ledger, moved, "rex", by)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await expect(acceptPlace(ledger, trial, "kongur", by)).rejects.toMatchObject(mismatch);
    expect(await acceptPlace(ledger, moved, "kongur", by)).toEqual({
      from: kongur,
      to: moved.places.kongur,
    });
    await enterWorld(ledger, moved);
    await expect(enterWorld(ledger, live)).rejects.toMatchObject(mismatch);
    const { items } = await listVendorAuditEvents(ledger, "kongur", { limit: 10 });
    expect(items).toMatchObject([
      { what: "accept", ...by, details: { from: kongur, to: moved.places.kongur } },
    ]);
    expect(await places()).toMatchObject([{ bucket: "evidence-2", ...by }]);
  });

  test("in a trial, places may change, as a sandbox's ports do", async () => {
    await enterWorld(ledger, trial);
    await enterWorld(ledger, { ...trial, places: { kongur } });
    expect(await places()).toEqual([]);
  });

  describe("of an earlier release", () => {
    test("belong to a trial when everything lies in a sandbox", async () => {
      await importFrom(sandbox);
      await expect(enterWorld(ledger, trial)).resolves.toMatchObject({
        deployment: { world: "trial" },
      });
    });

    test.each([kongur.endpoint, null])(
      "don't belong to a trial when an import lies at %s, and nothing changes",
      async (endpoint) => {
        await importFrom(sandbox);
        const importId = await importFrom(endpoint);
        const entering = enterWorld(ledger, trial);
        await expect(entering).rejects.toMatchObject(mismatch);
        await expect(entering).rejects.toThrow(importId);
        expect(await deploymentOf(ledger)).toEqual(ledger.deployment);
      },
    );

    test("belong to a live deployment when nothing lies in a sandbox", async () => {
      await importFrom(kongur.endpoint);
      await importFrom(null);
      await expect(enterWorld(ledger, live)).resolves.toMatchObject({
        deployment: { world: "live" },
      });
    });

    test("belong to a live deployment that has the vendor on this machine itself", async () => {
      await importFrom(sandbox);
      const local = { kongur: { ...kongur, endpoint: sandbox } };
      await expect(enterWorld(ledger, { ...live, places: local })).resolves.toMatchObject({
        deployment: { world: "live" },
      });
    });

    test("don't belong to a live deployment when a folder lies in a sandbox, unless a person accepts it", async () => {
      await importFrom(kongur.endpoint);
      const importId = await importFrom(sandbox);
      const entering = enterWorld(ledger, live);
      await expect(entering).rejects.toMatchObject(mismatch);
      await expect(entering).rejects.toThrow(importId);
      await expect(entering).rejects.toThrow(sandbox);
      expect(await deploymentOf(ledger)).toEqual(ledger.deployment);
      const by = { who: "王芳", why: "only the sample case was a trial" };
      expect(await acceptPlace(ledger, live, "kongur", by)).toEqual({
        from: { endpoint: sandbox },
        to: kongur,
      });
      await expect(enterWorld(ledger, live)).resolves.toMatchObject({
        deployment: { world: "live" },
      });
    });
  });
});

test("when processes of two worlds start at once on a new ledger, one world wins and the other is refused", async () => {
  const database = await createDatabase();
  const ledgers: Ledger[] = [];
  for (let each = 0; each < 6; each += 1) ledgers.push(await openPostgresLedger(database.url));
  for (let round = 0; round < 10; round += 1) {
    await makeNew(ledgers[0] as Ledger);
    const entered = await Promise.allSettled(
      ledgers.map((ledger, index) => enterWorld(ledger, index % 2 === 0 ? trial : live)),
    );
    const { world } = await deploymentOf(ledgers[0] as Ledger);
    expect(world).not.toBeNull();
    for (const [index, { status }] of entered.entries()) {
      const own = index % 2 === 0 ? "trial" : "live";
      expect(status).toBe(own === world ? "fulfilled" : "rejected");
    }
  }
  await Promise.all(ledgers.map((each) => each.close()));
  await database.drop();
});

test("the losing process waits for the one that is just entering", async () => {
  const database = await createDatabase();
  const ledger = await openPostgresLedger(database.url);
  const other = await openPostgresLedger(database.url);
  const held = Promise.withResolvers<void>();
  const claimed = Promise.withResolvers<void>();
  const winning = ledger.db.transaction().execute(async (tx) => {
    await sql`update deployment set world = 'live'`.execute(tx);
    claimed.resolve();
    await held.promise;
  });
  await claimed.promise;
  // It may lose before the winner hears of having won.
  const losing = expect(enterWorld(other, trial)).rejects.toMatchObject(mismatch);
  await expect
    .poll(async () => {
      const { rows } = await sql<{ waiting: number }>`
        select count(*)::integer as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(ledger.db);
      return rows[0]?.waiting;
    })
    .toBe(1);
  held.resolve();
  await Promise.all([winning, losing]);
  await Promise.all([ledger.close(), other.close()]);
  await database.drop();
});
