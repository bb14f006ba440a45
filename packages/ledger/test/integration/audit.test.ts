import type { AuditEvent } from "@exhibit/contracts";
import { ledgerKinds, liftGuard } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  cancelImport,
  createImport,
  type Ledger,
  listAllAuditEvents,
  listAuditEvents,
  listVendorAuditEvents,
  pauseVendor,
  recordBoardAct,
  resumeVendor,
  setBwlimit,
  type WholeAuditQuery,
} from "../../src/index.ts";
import { folderOf } from "../imports.ts";

const wang = { who: "key:portal for 王芳", why: "x" };
const portal = { who: "key:portal" };
const other = { who: "key:portal2" };

describe.each(Object.entries(ledgerKinds))("The audit log in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  let importId: string;

  beforeAll(async () => {
    ({ ledger, remove } = await open());
    const request = { suit_ids: [], folders: [folderOf("/evidence")] };
    ({ importId } = await createImport(ledger, request, wang));
    await pauseVendor(ledger, "rex", portal);
    await setBwlimit(ledger, "10M", other);
    // What applies already isn't set once more.
    await setBwlimit(ledger, "10M", portal);
    const board = { action: "retry", queue: "store", job: null, status: "failed" } as const;
    await recordBoardAct(ledger, board, { ...other, importId: undefined });
    await recordBoardAct(ledger, { ...board, queue: null }, { ...portal, importId: undefined });
    await resumeVendor(ledger, "rex", portal);
    await cancelImport(ledger, importId, portal);
    await liftGuard(ledger, "acts");
    // Nine days, one an event.
    await sql`
      update acts set at = timestamptz '2026-01-01T12:00:00.000001Z' + (id - (select min(id) from acts)) * interval '1 day'`.execute(
      ledger.db,
    );
  });
  afterAll(() => remove());

  const named = ({ what, import_id, vendor, subject }: AuditEvent) =>
    `${what} ${import_id === null ? (vendor ?? subject) : "import"}`;
  const list = async (query: Partial<WholeAuditQuery> = {}) =>
    (await listAllAuditEvents(ledger, { limit: 100, ...query })).items.map(named);

  const everything = [
    "create import",
    "pause rex",
    "change bandwidth",
    "board queues/store",
    "board queues",
    "resume rex",
    "cancel import",
  ];

  test("has acts of all kinds in the order of their time, or the newest first", async () => {
    expect(await list()).toEqual(everything);
    expect(await list({ order: "desc" })).toEqual(everything.toReversed());
    const { items } = await listAllAuditEvents(ledger, { limit: 100, subject: "bandwidth" });
    expect(items).toMatchObject([{ who: other.who, why: null, details: { limit: "10M" } }]);
  });

  test.each(["asc", "desc"] as const)(
    "is read in pages (%s) that miss and repeat nothing, also of what happened at once, while more is done",
    async (order) => {
      await sql`update acts set at = '2026-01-02T12:00:00.000002Z' where what in ('pause', 'change', 'board')`.execute(
        ledger.db,
      );
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const { items, next } = await listAllAuditEvents(ledger, { order, limit: 2, after });
        expect(items.length).toBe(next === null ? everything.length % 2 : 2);
        seen.push(...items.map(named));
        after = next ?? undefined;
      } while (after !== undefined);
      expect(seen).toEqual(order === "asc" ? everything : everything.toReversed());
    },
  );

  test("is limited to who, what, which thing, and when", async () => {
    expect(await list({ who: "key:portal" })).toEqual(
      everything.filter((name) => name !== "change bandwidth" && name !== "board queues/store"),
    );
    expect(await list({ who: "key:portal for 王芳" })).toEqual(["create import"]);
    expect(await list({ what: ["pause", "resume"] })).toEqual(["pause rex", "resume rex"]);
    expect(await list({ import_id: importId })).toEqual(["create import", "cancel import"]);
    expect(await list({ vendor: "rex" })).toEqual(["pause rex", "resume rex"]);
    expect(await list({ subject: "queues" })).toEqual(["board queues/store", "board queues"]);
    expect(await list({ subject: "queues/store" })).toEqual(["board queues/store"]);
    expect(await list({ subject: "queue" })).toEqual([]);
    const from = "2026-01-06T12:00:00.000001Z";
    expect(await list({ from })).toEqual(["resume rex", "cancel import"]);
    expect(await list({ to: from })).toEqual(everything.slice(0, 5));
    expect(await list({ from: "2026-01-06T20:00:00.000001+08:00", who: other.who })).toEqual([]);
  });

  test("of one thing can begin with the newest, too", async () => {
    const newest = { limit: 1, order: "desc" } as const;
    const { items, next } = await listAuditEvents(ledger, importId, newest);
    expect(items.map(named)).toEqual(["cancel import"]);
    const second = await listAuditEvents(ledger, importId, { ...newest, after: next ?? "" });
    expect([second.items.map(named), second.next]).toEqual([["create import"], null]);
    expect((await listVendorAuditEvents(ledger, "rex", newest)).items.map(named)).toEqual([
      "resume rex",
    ]);
  });

  test.each(["7", "x", "1.", "1.2.3", "99999999999999999.1"])(
    "has no page behind %j",
    async (after) => {
      await expect(listAllAuditEvents(ledger, { limit: 1, after })).rejects.toMatchObject({
        code: "REQUEST_INVALID",
      });
    },
  );

  test("finds what it is asked for by an index, without reading the rest", async () => {
    const planOf = async (condition: string) => {
      // A small table is read as a whole unless that is forbidden.
      return await ledger.db.transaction().execute(async (tx) => {
        await sql`set local enable_seqscan = off`.execute(tx);
        const { rows } = await sql
          .raw(`explain select * from acts where ${condition} order by at, id limit 3`)
          .execute(tx);
        return JSON.stringify(rows);
      });
    };
    expect(await planOf("subject = 'keys/AbC12345'")).toContain("acts_by_subject");
    const plan = await planOf("(at, id) > ('2026-01-02', 3) and at < '2026-01-05'");
    expect(plan).toContain("acts_by_time");
    expect(plan).not.toContain("Sort");
  });
});

test("A limit that an earlier release set is in the audit log", async () => {
  const { ledger, remove } = await ledgerKinds.PGlite();
  await liftGuard(ledger, "acts");
  await sql`delete from acts`.execute(ledger.db);
  await sql`drop table reads`.execute(ledger.db);
  await sql`drop index acts_by_time, acts_by_subject`.execute(ledger.db);
  await sql`alter table idempotency_keys drop column scope`.execute(ledger.db);
  await sql`delete from schema_versions where version >= 25`.execute(ledger.db);
  const at = "2025-06-01T00:00:00.000Z";
  await sql`insert into bandwidth_limits (at, who, why, bwlimit) values (${at}, 'wang', 'days', '5M')`.execute(
    ledger.db,
  );
  const { steps } = await import("../../src/migrations/index.ts");
  await ledger.db.transaction().execute(async (tx) => steps["0025-record"]?.up(tx));
  expect((await listAllAuditEvents(ledger, { limit: 9 })).items).toMatchObject([
    {
      at,
      who: "wang",
      why: "days",
      subject: "bandwidth",
      what: "change",
      details: { limit: "5M" },
    },
  ]);
  await remove();
});
