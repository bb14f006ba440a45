import { ExhibitError } from "@exhibit/contracts";
import { Postponed } from "@exhibit/queue";
import { describe, expect, test } from "vitest";
import { createWaits, type Run, whileWatched } from "../../src/fleet/waits.ts";

/** A worker's waits, on a clock that a test advances. */
function worker() {
  let at = Date.parse("2026-11-30T02:58:00.000Z");
  let silence = 0;
  const changes: string[] = [];
  const waits = createWaits({
    diskSilence: () => silence,
    now: () => at,
    onChange: (wait, isOver) => changes.push(`${isOver ? "over" : "begins"}: ${wait.for}`),
  });
  return {
    waits,
    changes,
    pass(seconds: number) {
      at += seconds * 1000;
    },
    silenceDisk(milliseconds: number) {
      silence = milliseconds;
    },
    told: () => waits.report().waits.map(({ for: waitsFor, name, code }) => [waitsFor, name, code]),
    moving: () => waits.report().moving.map(({ folder_id }) => folder_id),
  };
}

function run(folderId = 7) {
  const counter = { moved: 0 };
  const of: Run = {
    importId: "I",
    folderId,
    vendor: "kongur",
    source: "/evidence/1001",
    moved: () => counter.moved,
  };
  return { of, counter };
}

const refused = new ExhibitError("STORE_UNAVAILABLE", "connect ECONNREFUSED");

describe("What a worker's jobs wait for", () => {
  test("is reported two and a half seconds after the last movement, until they move again", () => {
    const { waits, pass, told, moving, changes } = worker();
    const { of, counter } = run();
    const watch = waits.begin(of);
    watch.place("evidence at oss");
    pass(2.4);
    expect([told(), moving()]).toEqual([[], [7]]);
    pass(0.2);
    expect([told(), moving()]).toEqual([[["store", "evidence at oss", "STORE_UNAVAILABLE"]], []]);
    expect(waits.report().waits[0]).toMatchObject({
      since: "2026-11-30T02:58:00.000Z",
      import_id: "I",
      message: "OSS hasn't answered yet.",
    });
    counter.moved += 1;
    expect([told(), moving()]).toEqual([[], [7]]);
    expect(changes).toEqual(["begins: store", "over: store"]);
  });

  test("is their last fault, whatever else is silent", () => {
    const { waits, pass, told } = worker();
    const watch = waits.begin(run().of);
    watch.place("evidence at oss");
    watch.fault(refused);
    watch.fault(new ExhibitError("VENDOR_THROTTLED", "App Call Limited"));
    pass(4);
    expect(told()).toEqual([["vendor", "kongur", "VENDOR_THROTTLED"]]);
  });

  test("is the vendor while a lease is requested, and the disk while it owes an answer", async () => {
    const { waits, pass, told, silenceDisk } = worker();
    const watch = waits.begin(run().of);
    const answer = Promise.withResolvers<void>();
    const asking = watch.asking(() => answer.promise);
    pass(4);
    expect(told()).toEqual([["vendor", "kongur", "VENDOR_UNAVAILABLE"]]);
    answer.resolve();
    await asking;
    watch.place("evidence at oss");
    silenceDisk(3000);
    expect(told()).toEqual([["source", "/evidence/1001", "SOURCE_IO"]]);
    silenceDisk(0);
    expect(told()).toEqual([["store", "evidence at oss", "STORE_UNAVAILABLE"]]);
  });

  test("is reported for postponed work, since it first stood still, until that comes again and moves", async () => {
    const { waits, pass, told } = worker();
    const first = run();
    const work = whileWatched(waits, first.of, async (watch) => {
      watch.place("evidence at oss");
      pass(10);
      watch.fault(refused);
      throw new Postponed(60_000, refused);
    });
    await expect(work).rejects.toThrow();
    pass(30);
    const [{ since, until } = {}] = waits.report().waits;
    expect([since, until]).toEqual(["2026-11-30T02:58:00.000Z", "2026-11-30T02:59:10.000Z"]);
    pass(30);
    // It is late, and nobody knows when it comes.
    expect(waits.report().waits[0]).not.toHaveProperty("until");
    const again = run();
    const watch = waits.begin(again.of);
    pass(1);
    expect(waits.report().waits).toMatchObject([
      { for: "store", since: "2026-11-30T02:58:00.000Z" },
    ]);
    again.counter.moved += 1;
    expect(told()).toEqual([]);
    watch.end();
    pass(4);
    expect(told()).toEqual([]);
  });

  test("is forgotten for stopped work, and for postponed work that another worker must have by then", async () => {
    const { waits, pass, told } = worker();
    const stopped = whileWatched(waits, run(1).of, async (watch) => {
      watch.fault(refused);
      throw new ExhibitError("INTERRUPTED", "The worker is stopping.");
    });
    await expect(stopped).rejects.toThrow();
    expect(told()).toEqual([]);
    const putOff = whileWatched(waits, run(2).of, async (watch) => {
      watch.fault(refused);
      throw new Postponed(60_000, refused);
    });
    await expect(putOff).rejects.toThrow();
    pass(60);
    expect(told()).toHaveLength(1);
    pass(60);
    expect(told()).toEqual([]);
  });
});
