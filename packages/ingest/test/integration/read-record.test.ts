import { type Ledger, listReads } from "@exhibit/ledger";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createReadRecord } from "../../src/index.ts";

const read = { who: "key:court", what: "files", subject: "imports/1" } as const;

describe.each(Object.entries(ledgerKinds))("Reads on record, on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());
  beforeEach(async () => {
    await ledger.db.deleteFrom("reads").execute();
  });

  /** A record by a clock that stands, over a ledger whose statements are counted and may fail. */
  function started() {
    const state = { now: Date.parse("2026-11-30T10:59:00Z"), statements: 0, fails: false };
    const db = ledger.db.withPlugin({
      transformQuery({ node }) {
        state.statements += 1;
        if (state.fails) throw new Error("The ledger is away.");
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    return { state, record: createReadRecord({ ...ledger, db }, { now: () => state.now }) };
  }
  const list = async () =>
    (await listReads(ledger, { limit: 1000 })).items.map(
      ({ who, what, subject }) => `${who} ${what} ${subject}`,
    );

  test("are there before the reader is, once an hour for each principal, list and subject", async () => {
    const { state, record } = started();
    await record(read);
    expect(await list()).toEqual(["key:court files imports/1"]);
    for (let polls = 0; polls < 1000; polls += 1) await record(read);
    expect(state.statements).toBe(1);
    await record({ ...read, who: "key:other" });
    await record({ ...read, what: "files.csv" });
    await record({ ...read, subject: "imports/2" });
    expect(state.statements).toBe(4);
    expect(await list()).toHaveLength(4);
    state.now += 60_000;
    await record(read);
    expect(await list()).toHaveLength(5);
    // Each has the time at which it was recorded.
    const { items } = await listReads(ledger, { limit: 1 });
    expect(Math.abs(Date.parse(items[0]?.at ?? "") - Date.now())).toBeLessThan(60_000);
  });

  test("are recorded once by several processes that read the same", async () => {
    const processes = [started(), started(), started()];
    const reads = Array.from({ length: 40 }, (_, at) => ({ ...read, subject: `imports/${at}` }));
    await Promise.all(
      processes.map(({ record }, at) =>
        Promise.all((at === 1 ? reads.toReversed() : reads).map(record)),
      ),
    );
    expect(await list()).toHaveLength(40);
  });

  test("that come at once are written together, while the others wait for theirs", async () => {
    const { state, record } = started();
    const first = record({ ...read, subject: "cases/first" });
    await vi.waitFor(() => expect(state.statements).toBe(1));
    const many = Array.from({ length: 200 }, (_, at) =>
      record({ ...read, subject: `cases/${at % 100}'"\\\u0000` }),
    );
    await Promise.all([first, ...many]);
    expect(state.statements).toBe(2);
    expect(await list()).toHaveLength(101);
    expect(await list()).toContain(`key:court files cases/7'"\\`);
  });

  test("that can't be recorded are refused, all that came together, and tried again", async () => {
    const { state, record } = started();
    const away = { ...read, who: "key:away" };
    state.fails = true;
    const results = await Promise.allSettled([record(away), record(read), record(away)]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(await list()).toEqual([]);
    state.fails = false;
    await Promise.all([record(read), record(away)]);
    expect(await list()).toHaveLength(2);
    expect(state.statements).toBe(2);
  });

  test("are remembered for ten thousand readers; beyond it the ledger is asked, and nothing is doubled", async () => {
    const { state, record } = started();
    await record(read);
    await Promise.all(
      Array.from({ length: 10_000 }, (_, at) => record({ ...read, subject: `suits/${at}` })),
    );
    const before = state.statements;
    await record(read);
    expect(state.statements).toBe(before + 1);
    const { reads } = await ledger.db
      .selectFrom("reads")
      .select((select) => select.fn.countAll<number>().as("reads"))
      .executeTakeFirstOrThrow();
    expect(reads).toBe(10_001);
  });
});
