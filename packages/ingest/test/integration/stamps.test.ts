import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { readTrust } from "@exhibit/custody";
import { type Ledger, readEntryOf, readStamp } from "@exhibit/ledger";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { Postponed } from "@exhibit/queue";
import { createSafeFetch } from "@exhibit/safe-fetch";
import { type Sandbox, startSandbox } from "@exhibit/sandbox";
import type { Logger } from "@exhibit/telemetry";
import { dataFolder } from "@exhibit/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { enqueueOpenWork, type StampAuthority, stamp } from "../../src/index.ts";
import { attemptOf } from "../rig.ts";

let ledger: Ledger;
let sandbox: Sandbox;
const cleanUp = new AsyncDisposableStack();
beforeAll(async () => {
  const opened = await ledgerKinds.Postgres();
  cleanUp.defer(opened.remove);
  ledger = opened.ledger;
  const folder = await dataFolder("stamps");
  cleanUp.defer(folder.remove);
  sandbox = await startSandbox({ dataDir: join(folder.path, "sandbox") });
  cleanUp.defer(() => sandbox.close());
});
afterAll(() => cleanUp.disposeAsync());
beforeEach(() => sandbox.stamps.heal());

let numbers = 0;

/** Writes an entry, put down to be stamped by an authority of its own, which `work` asks. */
async function start(
  change: Partial<StampAuthority> = {},
  times: { firstPauseMs?: number; answerTimeoutMs?: number } = {},
) {
  const name = `tsa-${randomUUID().slice(0, 8)}`;
  const { ca: pem, url } = sandbox.stamps;
  const certificates = readTrust(pem);
  if (typeof certificates === "string") throw new Error(certificates);
  const authority: StampAuthority = {
    ...{ name, url, headers: {}, digest: "sha256" as const, trust: { pem, certificates } },
    ...change,
  };
  const logged: Record<string, unknown>[] = [];
  const note = (of: Record<string, unknown>) => void logged.push(of);
  const dependencies = {
    ledger,
    // Nothing is to be kept elsewhere here.
    engine: { enqueue: async () => {} },
    fetch: createSafeFetch({ allowedRanges: ["127.0.0.0/8"], ports: "all", plain: true }),
    authorities: [authority],
    logger: { warn: note, info: note } as unknown as Logger,
    ...times,
  };
  const entry = await write(name);
  return {
    ...{ name, entry, logged, dependencies },
    another: () => write(name),
    /** Runs the authority's job, and returns in how many milliseconds it comes again; undefined if it is done. */
    async work(attempt = attemptOf()): Promise<number | undefined> {
      try {
        await stamp(dependencies, name, attempt);
        return undefined;
      } catch (thrown) {
        if (thrown instanceof Postponed) return thrown.delayMs;
        throw thrown;
      }
    },
    async state(of = entry) {
      return (await readEntryOf(ledger, of)).stamps.find((each) => each.authority === name);
    },
    /** Makes everything that waits due now. */
    hurry: () =>
      ledger.db
        .updateTable("stamps")
        .set({ next_at: new Date(1000) })
        .where("authority", "=", name)
        .execute(),
  };
}

async function write(authority: string): Promise<number> {
  numbers += 1;
  const bytes = Buffer.alloc(32, numbers);
  const text = `Exhibit key ${numbers}\n`;
  await ledger.db
    .insertInto("register")
    .values({ number: numbers, kind: "key", text, digest: bytes, head: bytes })
    .execute();
  await ledger.db.insertInto("stamps").values({ entry: numbers, authority }).execute();
  return numbers;
}

test("all entries that are due are stamped in one turn, and the answers are kept as they came", async () => {
  const rig = await start();
  const other = await rig.another();
  expect(await rig.work()).toBeUndefined();
  for (const entry of [rig.entry, other]) {
    expect(await rig.state(entry)).toMatchObject({ state: "granted", error: null });
    const kept = await readStamp(ledger, { entry, authority: rig.name });
    expect(kept?.ca).toBe(sandbox.stamps.ca);
    expect(kept?.token.length).toBeGreaterThan(1_000);
  }
  expect(rig.logged.map(({ event }) => event)).toEqual(["stamp.given", "stamp.given"]);
  const before = sandbox.stamps.asked;
  expect(await rig.work()).toBeUndefined();
  expect(sandbox.stamps.asked).toBe(before);
});

describe("An authority that can't be had", () => {
  test.each(["down", "busy", "timeless"] as const)(
    "is asked again after ever longer pauses (%s), and then stamps",
    async (mood) => {
      const rig = await start({}, { firstPauseMs: 40_000 });
      await rig.another();
      const { asked } = sandbox.stamps;
      sandbox.stamps.fail({ mood, times: 2 });
      const first = await rig.work();
      // Nothing else is asked of it meanwhile.
      expect(sandbox.stamps.asked).toBe(asked + 1);
      expect(first).toBeGreaterThan(35_000);
      expect(first).toBeLessThanOrEqual(40_000);
      expect(await rig.state()).toMatchObject({
        state: "pending",
        error: expect.stringMatching(new RegExp(`^No stamp of ${rig.name} for now: .+\\.$`)),
      });
      await rig.hurry();
      // The oldest of those that are due comes first.
      await ledger.db
        .updateTable("stamps")
        .set({ next_at: new Date(0) })
        .where("entry", "=", rig.entry)
        .execute();
      expect(await rig.work()).toBeGreaterThan(75_000);
      await rig.hurry();
      expect(await rig.work()).toBeUndefined();
      expect(await rig.state()).toMatchObject({ state: "granted", error: null });
    },
  );

  test("pauses for an hour at most, for ever", async () => {
    const rig = await start();
    sandbox.stamps.fail({ mood: "down" });
    const of = ledger.db.updateTable("stamps").where("entry", "=", rig.entry);
    await of.set({ attempts: 1000 }).execute();
    const pause = await rig.work();
    expect(pause).toBeGreaterThan(3_590_000);
    expect(pause).toBeLessThanOrEqual(3_600_000);
  });

  test("is given up for the moment when it doesn't answer in time", async () => {
    const rig = await start({}, { answerTimeoutMs: 50 });
    const hold = sandbox.stamps.hold();
    expect(await rig.work()).toBeGreaterThan(0);
    hold.cut();
    expect(await rig.state()).toMatchObject({
      state: "pending",
      error: expect.stringContaining("it didn't answer within 0.05 s"),
    });
  });
});

test.each([
  ["refusing", "refused", "status 2: No, thanks"],
  ["redirect", "refused", "redirects aren't followed"],
  ["other imprint", "invalid", "another digest"],
  ["ended certificate", "invalid", "ended on"],
  ["long", "invalid", "longer than 64 KiB"],
] as const)(
  "What isn't a stamp (%s) is %s, and waits for a person",
  async (mood, state, reason) => {
    const rig = await start();
    sandbox.stamps.fail({ mood, times: 1 });
    expect(await rig.work()).toBeUndefined();
    expect(await rig.state()).toMatchObject({
      ...{ state, at: null },
      error: expect.stringContaining(reason),
    });
    const { asked } = sandbox.stamps;
    expect(await rig.work()).toBeUndefined();
    expect(sandbox.stamps.asked).toBe(asked);
  },
);

test("a token that can't be checked here is kept, and doesn't count", async () => {
  const rig = await start({ trust: undefined });
  sandbox.stamps.fail({ mood: "foreign root", times: 1 });
  expect(await rig.work()).toBeUndefined();
  expect(await rig.state()).toMatchObject({ state: "unchecked", at: null });
});

test("headers go with each request, and into no log and no row", async () => {
  const rig = await start({ headers: { authorization: "Basic aHVudGVyMg" } });
  sandbox.stamps.fail({ mood: "busy", times: 1 });
  await rig.work();
  expect(sandbox.stamps.headers).toMatchObject({ authorization: "Basic aHVudGVyMg" });
  const rows = await ledger.db.selectFrom("stamps").selectAll().execute();
  expect(JSON.stringify([rig.logged, rows])).not.toContain("aHVudGVyMg");
});

test("a clock that differs by more than ten minutes is worth a warning, and the stamp is kept", async () => {
  const rig = await start();
  sandbox.clocks.skew({ gateway: 11 * 60_000 });
  expect(await rig.work()).toBeUndefined();
  sandbox.clocks.skew({ gateway: 0 });
  expect(await rig.state()).toMatchObject({ state: "granted" });
  expect(rig.logged.map(({ event }) => event)).toEqual(["stamp.given", "stamp.skewed"]);
});

test("a worker that stops gives the stamp back, and it is due at once", async () => {
  const rig = await start();
  const hold = sandbox.stamps.hold();
  const stop = new AbortController();
  const working = rig.work({ ...attemptOf(), signal: stop.signal });
  await hold.reached();
  stop.abort(new Error("SIGTERM"));
  await expect(working).rejects.toMatchObject({ code: "INTERRUPTED" });
  hold.release();
  expect(await rig.work()).toBeUndefined();
  expect(await rig.state()).toMatchObject({ state: "granted" });
});

test("two workers at once ask for different entries, and for none twice", async () => {
  const rig = await start();
  for (let more = 0; more < 5; more += 1) await rig.another();
  const { asked } = sandbox.stamps;
  await Promise.all([rig.work(), rig.work()]);
  expect(sandbox.stamps.asked - asked).toBe(6);
});

test("an authority that a worker doesn't know waits for one that does", async () => {
  const rig = await start();
  await stamp({ ...rig.dependencies, authorities: [] }, rig.name, attemptOf());
  expect(await rig.state()).toMatchObject({
    error: expect.stringContaining("no such authority in its configuration"),
  });
  expect(await rig.work()).toBeGreaterThan(0);
});

test("what nobody was rung for is rung for by the reconciler", async () => {
  const rig = await start();
  const rung: unknown[] = [];
  const enqueue = async (name: string, jobs: unknown) => void rung.push([name, jobs]);
  await enqueueOpenWork({ ledger, engine: { enqueue } as never }, 0);
  expect(rung).toContainEqual(["stamp", expect.arrayContaining([{ id: rig.name }])]);
});
