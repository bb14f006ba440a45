import { ledgerKinds } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { forgetOldReads, type Ledger, listReads, recordReads } from "../../src/index.ts";

const id = "0f8fad5b-d9cb-469f-a165-70867728950e";
const hour = new Date("2026-11-30T10:00:00Z");
const reads = [
  { hour, who: "key:court", what: "files", subject: `imports/${id}` },
  { hour, who: "key:court for 王芳", what: "files.csv", subject: `imports/${id}` },
  { hour, who: "key:court2", what: "folders", subject: "cases/E-77" },
  { hour, who: "key:court", what: "folders", subject: "cases/E-771" },
  { hour, who: "oidc:wang@id", what: "logs", subject: "queues/store/store-7" },
] as const;

describe.each(Object.entries(ledgerKinds))("Reads in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
    for (const read of reads) await recordReads(ledger, [read]);
    await recordReads(ledger, reads);
    await sql`
      update reads set at = timestamptz '2026-11-01T12:00:00.000001Z' + (id - (select min(id) from reads)) / 2 * interval '1 day'`.execute(
      ledger.db,
    );
  });
  afterAll(() => remove());

  type Query = Parameters<typeof listReads>[1];
  const list = async (query: Partial<Query> = {}) =>
    (await listReads(ledger, { limit: 100, ...query })).items.map(({ subject, what }) =>
      reads.findIndex((read) => read.subject === subject && read.what === what),
    );

  test("are there once, and listed in the order of their time or the newest first", async () => {
    expect(await list()).toEqual([0, 1, 2, 3, 4]);
    expect(await list({ order: "desc" })).toEqual([4, 3, 2, 1, 0]);
    for (const order of ["asc", "desc"] as const) {
      const seen: number[] = [];
      let after: string | undefined;
      do {
        const query: Query = { limit: 2, order, after };
        seen.push(...(await list(query)));
        after = (await listReads(ledger, query)).next ?? undefined;
      } while (after !== undefined);
      expect(seen).toEqual(await list({ order }));
    }
  });

  test("are found by who, which list, of what, and when", async () => {
    expect(await list({ who: "key:court" })).toEqual([0, 1, 3]);
    expect(await list({ who: "key:court for 王芳" })).toEqual([1]);
    expect(await list({ what: ["files", "logs"] })).toEqual([0, 4]);
    expect(await list({ import_id: id.toUpperCase() })).toEqual([0, 1]);
    expect(await list({ subject: "cases/E-77" })).toEqual([2]);
    expect(await list({ subject: "queues" })).toEqual([4]);
    const from = (await listReads(ledger, { limit: 9 })).items[2]?.at ?? "";
    expect(await list({ from })).toEqual([2, 3, 4]);
    expect(await list({ to: from })).toEqual([0, 1]);
  });

  test("are forgotten after a year and a day, and a page goes on behind one that is gone", async () => {
    const { next } = await listReads(ledger, { limit: 1 });
    const age = (time: string) =>
      sql`update reads set at = now() - ${time}::interval where subject = ${`imports/${id}`}`.execute(
        ledger.db,
      );
    await age("365 days 23 hours");
    await forgetOldReads(ledger);
    expect(await list()).toHaveLength(5);
    await age("366 days 1 hour");
    await forgetOldReads(ledger);
    expect(await list({ after: next ?? "" })).toEqual([2, 3, 4]);
    expect(await list()).toEqual([2, 3, 4]);
  });
});
