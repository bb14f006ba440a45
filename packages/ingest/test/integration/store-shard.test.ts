import { type ErrorCode, ExhibitError } from "@exhibit/contracts";
import {
  cancelImport,
  type Ledger,
  listIncidents,
  openShard,
  readFolder,
  recordOutcomes,
  reopenImport,
} from "@exhibit/ledger";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { Postponed } from "@exhibit/queue";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { storeShard } from "../../src/storing/store-shard.ts";
import { attemptOf, createRig, outcomesOf, planShard, rowsOf } from "../rig.ts";

let ledger: Ledger;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, remove } = await ledgerKinds.PGlite());
});
afterAll(() => remove());

const error = (code: ErrorCode, more = {}) => new ExhibitError(code, `This is ${code}.`, more);

/** Plans a shard of these files, and a worker that stores it. */
async function shardOf(paths: readonly string[], planned = {}) {
  const shard = await planShard(ledger, paths, planned);
  const rig = createRig(ledger, paths);
  return {
    ...shard,
    ...rig,
    store: (own: Parameters<typeof attemptOf>[0] = {}) =>
      storeShard(rig.dependencies, shard.shardId, attemptOf(own)),
    outcomes: () => outcomesOf(ledger, shard.folderId),
    /** Begins a run of the shard that never ends, as if its worker had died. */
    crash: () => openShard(ledger, shard.shardId),
    /** How many of its runs have crashed in a row. */
    async crashes() {
      const { db } = ledger;
      const select = db.selectFrom("shards").select("unended_runs").where("id", "=", shard.shardId);
      return (await select.executeTakeFirstOrThrow()).unended_runs;
    },
    /** Records a file as another worker would. */
    recordElsewhere: (path: string) =>
      recordOutcomes(
        ledger,
        shard.folderId,
        [
          {
            fileId: shard.files[path] as number,
            state: "stored",
            size: 8,
            modifiedMs: 1,
            endpoint: rig.lease.bucket.endpoint,
            bucket: rig.lease.bucket.name,
            key: rig.lease.prefix + path,
            sha256: Buffer.alloc(32),
            crc64: 7n,
            etag: undefined,
            requestId: "ELSEWHERE",
            versionId: undefined,
            storedAt: new Date(),
            leaseId: "lease-0",
          },
        ],
        [],
      ),
  };
}

describe("A run of a shard", () => {
  test("stores its files, has the import sealed, and leaves nothing open", async () => {
    const { store, outcomes, asked, importId, crashes } = await shardOf(["a", "b"]);
    await store();
    expect(await outcomes()).toEqual({ a: ["stored", null], b: ["stored", null] });
    expect(asked).toMatchObject({ enqueued: [`seal ${importId}`], open: 0 });
    expect(await crashes()).toBe(0);
  });

  test("puts on record what the bucket itself keeps, which it asks once", async () => {
    const { store, folderId, instead } = await shardOf(["a", "b"]);
    let asked = 0;
    instead.bucketRetention = async () => {
      asked += 1;
      return "locked 3650 days";
    };
    await store();
    expect(asked).toBe(1);
    expect(await readFolder(ledger, folderId)).toMatchObject({ retention: "locked 3650 days" });
  });

  test("stores its files also if the bucket's retention can't be asked, or put on record", async () => {
    const { store, outcomes, folderId, instead } = await shardOf(["a"]);
    instead.bucketRetention = async () => {
      throw error("STORE_UNAVAILABLE");
    };
    await store();
    expect(await outcomes()).toEqual({ a: ["stored", null] });
    expect(await readFolder(ledger, folderId)).toMatchObject({ retention: null });
  });

  test("stores its files while the bucket's retention is asked, and doesn't wait for it when it is stopped", async () => {
    const { store, outcomes, instead } = await shardOf(["a"]);
    const stop = new AbortController();
    instead.bucketRetention = () => new Promise(() => {});
    const run = store({ signal: stop.signal });
    await expect.poll(outcomes).toEqual({ a: ["stored", null] });
    stop.abort(error("INTERRUPTED"));
    await expect(run).rejects.toMatchObject({ code: "INTERRUPTED" });
  });

  test("counts for the rates what is proved, wherever it was, and what failed; what was sent in vain is taken back", async () => {
    const { store, importId, instead, meter } = await shardOf(["a", "b", "c"]);
    instead.put = async ({ name, onBytes }) => {
      if (name !== "a") onBytes?.(5);
      if (name === "c") throw error("EVIDENCE_CONFLICT");
      return {};
    };
    await store({ last: true }).catch(() => undefined);
    // Each of the two is of eight bytes.
    expect(meter.take().moved).toEqual([{ importId, files: 3, bytes: 16 }]);
  });

  test("doesn't have an import sealed whose folder isn't planned to its end", async () => {
    const { store, asked } = await shardOf(["a"], { isPlanned: false });
    await store();
    expect(asked.enqueued).toEqual([]);
  });

  test("doesn't send again what an earlier run has stored meanwhile", async () => {
    const { store, crash, instead, recordElsewhere, sent } = await shardOf(["a", "b"]);
    await crash();
    // The list of its files has been read by then.
    instead.openSource = () => recordElsewhere("b");
    await store();
    expect(sent()).toEqual(["a"]);
  });

  test("doesn't ask the ledger about each file when it is the first", async () => {
    const { store, instead, recordElsewhere, sent } = await shardOf(["a", "b"]);
    instead.openSource = () => recordElsewhere("b");
    await store();
    expect(sent()).toEqual(["a", "b"]);
  });

  test("looks for its files in OSS before it sends them only after an earlier run", async () => {
    const { store, asked, instead } = await shardOf(["a"]);
    instead.put = async () => {
      throw error("STORE_UNAVAILABLE");
    };
    const isLikely = () => asked.puts.at(-1)?.headFirst?.isLikely();
    await expect(store()).rejects.toBeInstanceOf(Postponed);
    expect(isLikely()).toBe(false);
    await expect(store({ starts: 2, postponed: 1 })).rejects.toBeInstanceOf(Postponed);
    expect(isLikely()).toBe(true);
  });

  test("looks for its files before it sends them if another import's files are there", async () => {
    const earlier = await shardOf(["a"]);
    await earlier.store();
    const { store, asked, instead } = await shardOf(["a"]);
    instead.lease = async () => earlier.lease;
    await store();
    expect(asked.puts[0]?.headFirst?.isLikely()).toBe(true);
  });

  test("goes one at a time with others that may have killed their workers, and only then", async () => {
    const { store, crash, dependencies } = await shardOf(["a"]);
    let limited = 0;
    dependencies.suspects = ((work: () => Promise<void>) => {
      limited += 1;
      return work();
    }) as typeof dependencies.suspects;
    await crash();
    await store();
    expect(limited).toBe(1);
    const healthy = await shardOf(["a"]);
    healthy.dependencies.suspects = dependencies.suspects;
    await healthy.store();
    expect(limited).toBe(1);
  });

  test("gives its files up after three crashes in a row, and sends none of them", async () => {
    const { store, crash, sent, outcomes } = await shardOf(["a", "b"]);
    for (let run = 0; run < 3; run += 1) await crash();
    await expect(store()).rejects.toMatchObject({ code: "FILES_FAILED" });
    expect(sent()).toEqual([]);
    const failed = ["failed", "WORKER_CRASHED"];
    expect(await outcomes()).toEqual({ a: failed, b: failed });
  });

  test("stores its files after two crashes", async () => {
    const { store, crash, sent } = await shardOf(["a"]);
    for (let run = 0; run < 2; run += 1) await crash();
    await store();
    expect(sent()).toEqual(["a"]);
  });

  test("isn't taken for a crash when it ends without having finished", async () => {
    const { store, instead, crashes } = await shardOf(["a"]);
    instead.openSource = async () => {
      throw new TypeError("This is a bug.");
    };
    await expect(store()).rejects.toThrow("This is a bug.");
    expect(await crashes()).toBe(0);
  });

  test("stops without an outcome when another worker may have the shard", async () => {
    const { store, outcomes } = await shardOf(["a"]);
    await expect(store({ isHeld: () => false })).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(await outcomes()).toEqual({ a: ["planned", null] });
  });

  test("throws why its worker stops, and records nothing of what was under way", async () => {
    const { store, outcomes, instead, asked } = await shardOf(["a"]);
    const stop = new AbortController();
    const reason = error("INTERRUPTED");
    instead.put = async () => {
      stop.abort(reason);
      throw error("STORE_DENIED");
    };
    await expect(store({ signal: stop.signal })).rejects.toBe(reason);
    expect(await outcomes()).toEqual({ a: ["planned", null] });
    expect(asked.open).toBe(0);
  });

  test("ends quietly for an import that is cancelled", async () => {
    const { store, importId, sent } = await shardOf(["a"]);
    await cancelImport(ledger, importId);
    await store();
    expect(sent()).toEqual([]);
  });
});

describe("A file that fails", () => {
  test("for good doesn't stop the others, and the job says what and where", async () => {
    const { store, source, outcomes, importId, folderId } = await shardOf(["a", "b"]);
    source.set("a", error("SOURCE_UNREADABLE"));
    await expect(store()).rejects.toMatchObject({
      code: "FILES_FAILED",
      message: "1 of 2 files failed: 1 SOURCE_UNREADABLE",
      details: { import_id: importId, folder_id: folderId, vendor: "kongur" },
    });
    expect(await outcomes()).toEqual({ a: ["failed", "SOURCE_UNREADABLE"], b: ["stored", null] });
  });

  test("stays planned while an attempt is left, with the reason, and fails with the last", async () => {
    const { store, source, outcomes } = await shardOf(["a"]);
    source.set("a", error("SOURCE_IO"));
    await expect(store()).rejects.toMatchObject({ code: "SOURCE_IO" });
    expect(await outcomes()).toEqual({ a: ["planned", "SOURCE_IO"] });
    await expect(store({ starts: 2, last: true })).rejects.toMatchObject({ code: "FILES_FAILED" });
    expect(await outcomes()).toEqual({ a: ["failed", "SOURCE_IO"] });
  });

  test("because of an outage stays planned however often it was tried, for as long as OSS asks", async () => {
    const { store, instead, outcomes } = await shardOf(["a"]);
    instead.put = async () => {
      throw error("STORE_THROTTLED", { retryAfter: 90_000 });
    };
    await expect(store({ last: true })).rejects.toMatchObject({
      name: "Postponed",
      delayMs: 90_000,
    });
    expect(await outcomes()).toEqual({ a: ["planned", "STORE_THROTTLED"] });
  });

  test("that others may see is left to them, for fifteen seconds at most", async () => {
    const { store, source, instead, outcomes } = await shardOf(["a"]);
    source.delete("a");
    instead.isLeftToOthers = () => true;
    const attempt = { last: true, postponed: 9 };
    await expect(store(attempt)).rejects.toMatchObject({ name: "Postponed", delayMs: 15_000 });
    expect(await outcomes()).toEqual({ a: ["planned", "SOURCE_ABSENT"] });
  });

  test("because our own services are away is the queue's to time", async () => {
    const { store, instead } = await shardOf(["a"]);
    instead.put = async () => {
      throw error("SERVICE_UNREACHABLE");
    };
    await expect(store()).rejects.toMatchObject({
      name: "ExhibitError",
      code: "SERVICE_UNREACHABLE",
    });
  });

  test("is an incident if that touches its integrity, and only then", async () => {
    const { store, source, importId } = await shardOf(["a", "b", "c"]);
    source.set("a", "another evidence");
    source.delete("b");
    await expect(store()).rejects.toMatchObject({ code: "FILES_FAILED" });
    const { items } = await listIncidents(ledger, importId, { limit: 9 });
    expect(items).toMatchObject([{ path: "a", code: "SOURCE_CHANGED" }]);
  });

  test("because its key is invalid fails with what has become of it since, if it is gone", async () => {
    const { store, source, instead, outcomes } = await shardOf(["a", "b"]);
    instead.put = async ({ name }) => {
      if (name === "b") source.delete("b");
      throw error("KEY_INVALID");
    };
    await expect(store()).rejects.toMatchObject({ code: "FILES_FAILED" });
    expect(await outcomes()).toEqual({
      a: ["failed", "KEY_INVALID"],
      b: ["failed", "SOURCE_NOT_FOUND"],
    });
  });

  test("as changed is taken as it is now once a person retries it", async () => {
    const { store, source, importId, outcomes, folderId } = await shardOf(["a"]);
    source.set("a", "another evidence");
    await expect(store()).rejects.toMatchObject({ code: "FILES_FAILED" });
    await reopenImport(ledger, importId, {});
    await store();
    expect(await outcomes()).toEqual({ a: ["stored", null] });
    expect(await rowsOf(ledger, folderId)).toMatchObject([{ size: "another evidence".length }]);
  });

  test("as missing has its folder walked again after a person's retry, as it may be renamed", async () => {
    const { store, source, importId, folderId, asked } = await shardOf(["a"]);
    source.set("a", error("SOURCE_UNREADABLE"));
    await expect(store()).rejects.toMatchObject({ code: "FILES_FAILED" });
    await reopenImport(ledger, importId, {});
    asked.enqueued.length = 0;
    source.delete("a");
    await expect(store()).rejects.toMatchObject({ code: "FILES_FAILED" });
    expect(asked.enqueued).toEqual([`plan ${folderId}`]);
  });
});

describe("The job of a shard that has failed", () => {
  async function failed() {
    const shard = await shardOf(["a"]);
    shard.source.set("a", error("SOURCE_UNREADABLE"));
    await expect(shard.store({ starts: 2 })).rejects.toMatchObject({ code: "FILES_FAILED" });
    shard.source.set("a", "evidence");
    return shard;
  }

  test("fails again, and does nothing, if the queue only lost its end", async () => {
    const { store, sent } = await failed();
    await expect(store({ starts: 3 })).rejects.toMatchObject({
      code: "FILES_FAILED",
      message: "1 of 1 files failed: 1 SOURCE_UNREADABLE",
    });
    expect(sent()).toEqual([]);
  });

  test("stores its files if a person retried it", async () => {
    const { store, outcomes } = await failed();
    await store({ starts: 1 });
    expect(await outcomes()).toEqual({ a: ["stored", null] });
  });

  test("says what failed if another worker has finished the shard while this one stored it", async () => {
    const { store, instead, source, dependencies, shardId } = await shardOf(["a"]);
    source.set("a", error("SOURCE_UNREADABLE"));
    instead.openSource = async () => {
      instead.openSource = async () => {};
      const elsewhere = storeShard(dependencies, shardId, attemptOf({ starts: 1 }));
      await expect(elsewhere).rejects.toMatchObject({ code: "FILES_FAILED" });
    };
    await expect(store({ starts: 2 })).rejects.toMatchObject({ code: "FILES_FAILED" });
  });
});

describe("A shard without a lease or a source", () => {
  test("fails with all of its files if that is for good", async () => {
    const { store, instead, outcomes } = await shardOf(["a", "b"]);
    instead.lease = async () => {
      throw error("VENDOR_REFUSED");
    };
    await expect(store()).rejects.toMatchObject({ code: "FILES_FAILED" });
    const refused = ["failed", "VENDOR_REFUSED"];
    expect(await outcomes()).toEqual({ a: refused, b: refused });
  });

  test("records an outage once, and then is only postponed", async () => {
    const { store, instead, outcomes } = await shardOf(["a"]);
    instead.lease = async () => {
      throw error("VENDOR_UNAVAILABLE");
    };
    await expect(store()).rejects.toBeInstanceOf(Postponed);
    expect(await outcomes()).toEqual({ a: ["planned", "VENDOR_UNAVAILABLE"] });
    instead.lease = async () => {
      throw error("VENDOR_THROTTLED");
    };
    await expect(store({ starts: 2, postponed: 1 })).rejects.toBeInstanceOf(Postponed);
    expect(await outcomes()).toEqual({ a: ["planned", "VENDOR_UNAVAILABLE"] });
  });

  test("is handed back, and nothing recorded, while others may see the source", async () => {
    const { store, instead, outcomes } = await shardOf(["a"]);
    instead.openSource = async () => {
      throw error("SOURCE_NOT_FOUND");
    };
    instead.isLeftToOthers = () => true;
    await expect(store({ last: true })).rejects.toBeInstanceOf(Postponed);
    expect(await outcomes()).toEqual({ a: ["planned", null] });
  });

  test.each([
    ["a fault of the ledger", error("SERVICE_UNREACHABLE")],
    ["what is no error of ours", new TypeError("This is a bug.")],
  ])("doesn't take %s for its files'", async (_, thrown) => {
    const { store, instead, outcomes } = await shardOf(["a"]);
    instead.openSource = async () => {
      throw thrown;
    };
    await expect(store({ last: true })).rejects.toBe(thrown);
    expect(await outcomes()).toEqual({ a: ["planned", null] });
  });

  test("asks the vendor once more when its lease leads elsewhere, and sends nothing there", async () => {
    const { store, instead, asked, outcomes, lease } = await shardOf(["a", "b"]);
    const elsewhere = { ...lease, id: "lease-2", prefix: "9/", prefixes: ["9/"] };
    // The folder's destination is fixed by its first lease.
    instead.put = async () => {
      throw error("STORE_UNAVAILABLE");
    };
    await expect(store()).rejects.toBeInstanceOf(Postponed);
    instead.put = async () => ({});
    instead.lease = async ({ answeredSince }) => (answeredSince === undefined ? elsewhere : lease);
    instead.openSource = async () => {
      throw error("SOURCE_IO");
    };
    await expect(store({ starts: 2 })).rejects.toMatchObject({ code: "SOURCE_IO" });
    expect(asked.leases.at(-1)).toHaveProperty("answeredSince");
    asked.puts.length = 0;
    instead.lease = async () => elsewhere;
    await expect(store({ starts: 3 })).rejects.toMatchObject({ code: "FILES_FAILED" });
    const changed = ["failed", "DESTINATION_CHANGED"];
    expect(await outcomes()).toEqual({ a: changed, b: changed });
    expect(asked.puts).toEqual([]);
  });
});
