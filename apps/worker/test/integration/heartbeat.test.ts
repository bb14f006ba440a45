import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { everything } from "@exhibit/contracts";
import { createBandwidth, createMeter, createSight } from "@exhibit/ingest";
import { type Ledger, listWorkers, recordWorkerFacts } from "@exhibit/ledger";
import { idleReport, ledgerKinds } from "@exhibit/ledger/testing";
import { createSources } from "@exhibit/sources";
import { createLogger } from "@exhibit/telemetry";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Heartbeat, startHeartbeat } from "../../src/heartbeat.ts";
import { workerFacts } from "../../src/worker-facts.ts";

const MiB = 1024 * 1024;
const sources = createSources({ memoryBytes: 0, roots: [], dataDir: undefined });

describe.each(Object.entries(ledgerKinds))("The bandwidth of all workers, on %s", (_, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  let facts: number;

  beforeAll(async () => {
    ({ ledger, remove } = await open());
    facts = await recordWorkerFacts(ledger, workerFacts());
  });
  afterAll(() => remove());

  /** A worker that does nothing but be there; `until` resolves when it keeps to a rate. */
  async function worker(to: Ledger = ledger) {
    const events = new EventEmitter();
    const meter = createMeter();
    let rate: number | undefined;
    const log: string[] = [];
    const logger = createLogger({
      service: "worker",
      secrets: [],
      destination: { write: (line) => log.push(line) },
    });
    const heartbeat: Heartbeat = await startHeartbeat({
      ledger: to,
      logger,
      worker: facts,
      beatMs: 20,
      waits: () => ({ moving: [], waits: [] }),
      sight: createSight({ ledger: to, sources, host: "here", view: "here" }),
      meter,
      report: () => idleReport,
      pace(given) {
        rate = given;
        events.emit("pace");
      },
    });
    return {
      log,
      meter,
      close: heartbeat.close,
      async until(wanted: number | undefined) {
        while (rate !== wanted) await once(events, "pace");
      },
    };
  }

  test("each worker takes its share of a limit, as workers come and go, and lets go of it when it is off", async () => {
    const bandwidth = createBandwidth(ledger).within(everything);
    const first = await worker();
    await first.until(undefined);
    await bandwidth.set({ limit: "10M" }, "王芳");
    await first.until(10 * MiB);
    const second = await worker();
    await Promise.all([first.until(5 * MiB), second.until(5 * MiB)]);
    expect(await bandwidth.get()).toMatchObject({ limit: "10M", workers: 2 });
    await second.close();
    await first.until(10 * MiB);
    await bandwidth.set({ limit: "off" });
    await first.until(undefined);
    await first.close();
    expect(await bandwidth.get()).toMatchObject({ workers: 0 });
  });

  test("who set which limit, when and why is on record; the same again isn't", async () => {
    const bandwidth = createBandwidth(ledger).within(everything);
    await bandwidth.set({ limit: "1M", why: "the office works" }, "王芳");
    await bandwidth.set({ limit: "1M" }, "worker");
    const view = await bandwidth.set({ limit: "08:00,512k 19:00,off" });
    expect(view.changes.slice(0, 2)).toEqual([
      { limit: "08:00,512k 19:00,off", who: "api", why: null, at: expect.any(String) },
      { limit: "1M", who: "王芳", why: "the office works", at: expect.any(String) },
    ]);
    await expect(bandwidth.set({ limit: "10X" })).rejects.toMatchObject({
      code: "REQUEST_INVALID",
    });
    expect((await bandwidth.get()).limit).toBe("08:00,512k 19:00,off");
  });

  test("while the ledger is away a worker keeps to what it knew, says so once, and hears again when it is back", async () => {
    let isAway = false;
    const fragile: Ledger = {
      ...ledger,
      get db() {
        if (isAway) throw new Error("the ledger is away");
        return ledger.db;
      },
    };
    const bandwidth = createBandwidth(ledger).within(everything);
    await bandwidth.set({ limit: "4M" });
    const one = await worker(fragile);
    await one.until(4 * MiB);
    isAway = true;
    await bandwidth.set({ limit: "2M" });
    while (one.log.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await one.until(4 * MiB);
    isAway = false;
    await one.until(2 * MiB);
    expect(one.log).toHaveLength(1);
    await one.close();
  });

  test("what moved while the ledger was away is told when it is back, and nothing twice", async () => {
    const importId = randomUUID();
    const told = async () => {
      const rows = await ledger.db
        .selectFrom("progress")
        .select(["files", "bytes"])
        .where("import_id", "=", importId)
        .where("step", "=", 300)
        .execute();
      const sum = (of: "files" | "bytes") => rows.reduce((all, row) => all + row[of], 0);
      return [Math.round(sum("files")), Math.round(sum("bytes"))];
    };
    const one = await worker();
    one.meter.count(importId, 2, 200);
    await vi.waitUntil(async () => (await told())[0] === 2);
    one.meter.giveBack({ moved: [{ importId, files: 1, bytes: 100 }], seconds: 1 });
    await vi.waitUntil(async () => (await told())[0] === 3);
    await one.close();
    expect(await told()).toEqual([3, 300]);
  });

  test("the list of workers has what each says of itself, until it ends", async () => {
    const before = (await listWorkers(ledger)).length;
    const one = await worker();
    const { host, version } = workerFacts();
    expect((await listWorkers(ledger)).at(-1)).toMatchObject({
      host,
      version,
      alive: true,
      report: { pid: idleReport.pid, files_per_second: 0, memory: idleReport.memory },
    });
    await one.close();
    expect(await listWorkers(ledger)).toHaveLength(before);
  });

  test("a worker of an earlier release is listed without a report, and one that died as not alive", async () => {
    const [old, dead] = [randomUUID(), randomUUID()];
    const report = JSON.stringify({ pid: "?" });
    const seen_at = new Date(Date.now() - 60_000);
    await ledger.db.insertInto("workers").values({ id: old, worker: facts }).execute();
    await ledger.db
      .insertInto("workers")
      .values({ id: dead, worker: null, seen_at, report })
      .execute();
    const listed = await listWorkers(ledger);
    expect(listed.find(({ worker_id }) => worker_id === old)).toMatchObject({
      alive: true,
      report: null,
      version: workerFacts().version,
    });
    expect(listed.find(({ worker_id }) => worker_id === dead)).toMatchObject({
      alive: false,
      report: null,
      host: null,
    });
    await ledger.db.deleteFrom("workers").execute();
  });
});
