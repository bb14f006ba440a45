import { ExhibitError, type OpenUpload } from "@exhibit/contracts";
import type { Ledger } from "@exhibit/ledger";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import type { PutRequest } from "@exhibit/oss";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { reconcile } from "../../src/maintenance/reconcile.ts";
import { storeShard } from "../../src/storing/store-shard.ts";
import { attemptOf, createRig, MODIFIED_AT, planShard } from "../rig.ts";

let ledger: Ledger;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, remove } = await ledgerKinds.PGlite());
});
beforeEach(async () => {
  await ledger.db.deleteFrom("upload_parts").execute();
  await ledger.db.deleteFrom("uploads").execute();
});
afterAll(() => remove());

const away = new ExhibitError("STORE_UNAVAILABLE", "OSS is away.");

async function largeFile() {
  const shard = await planShard(ledger, ["disk.dd"]);
  const rig = createRig(ledger, ["disk.dd"]);
  const { bucket, prefix } = rig.lease;
  const upload: OpenUpload = {
    uploadId: "UPLOAD",
    endpoint: bucket.endpoint,
    bucket: bucket.name,
    key: `${prefix}disk.dd`,
    partSize: 4,
    beganAt: new Date(),
  };
  return {
    ...shard,
    ...rig,
    store: (own: Parameters<typeof attemptOf>[0] = {}) =>
      storeShard(rig.dependencies, shard.shardId, attemptOf(own)),
    /** Begins a multipart upload, has one part acknowledged, and then ends as `then` does. */
    beginThen: (then: (request: PutRequest) => Promise<object>) => {
      rig.instead.put = async (request) => {
        await request.uploads?.begin(upload);
        await request.uploads?.part({ number: 1, etag: "E", crc64: 7n });
        return await then(request);
      };
    },
  };
}

const recorded = () => ledger.db.selectFrom("uploads").select(["upload_id", "given_up"]).execute();

async function fail(): Promise<never> {
  throw away;
}

test("An upload that was broken off is continued by the next run, and forgotten once it is an object", async () => {
  const { store, beginThen, instead, asked } = await largeFile();
  beginThen(fail);
  await expect(store()).rejects.toThrow();
  expect(await recorded()).toEqual([{ upload_id: "UPLOAD", given_up: false }]);
  expect(asked.aborts).toEqual([]);
  instead.put = async ({ uploads }) => {
    expect(uploads?.left).toMatchObject({ uploadId: "UPLOAD", parts: [{ number: 1, crc64: 7n }] });
    return {};
  };
  await store({ starts: 2 });
  expect(asked.puts).toHaveLength(2);
  expect(await recorded()).toEqual([]);
  expect(asked.aborts).toEqual([]);
});

test.each([
  ["size", { size: 9 }],
  ["time", { modified_ms: MODIFIED_AT - 1 }],
])(
  "An upload of the file as it was before its %s changed is aborted, not continued",
  async (_, own) => {
    const { store, beginThen, instead, asked } = await largeFile();
    beginThen(fail);
    await expect(store()).rejects.toThrow();
    await ledger.db.updateTable("uploads").set(own).execute();
    instead.put = async ({ uploads }) => {
      expect(uploads?.left).toBeUndefined();
      return {};
    };
    await store({ starts: 2 });
    expect(asked.aborts).toMatchObject([{ upload: { uploadId: "UPLOAD" } }]);
    expect(await recorded()).toEqual([]);
  },
);

test("An upload of a file that turns out to be there already is aborted", async () => {
  const { store, beginThen, asked } = await largeFile();
  beginThen(async () => ({ outcome: "identical" }));
  await store();
  expect(asked.aborts).toMatchObject([{ upload: { uploadId: "UPLOAD" } }]);
});

test("An upload that OSS gave up leaves another run nothing to continue", async () => {
  const { store, beginThen, asked } = await largeFile();
  beginThen(async ({ uploads }) => {
    await uploads?.discard();
    throw away;
  });
  await expect(store()).rejects.toThrow();
  expect(asked.aborts).toMatchObject([{ upload: { uploadId: "UPLOAD" } }]);
});

test("A worker that stops leaves aborting to the reconciler", async () => {
  const { store, beginThen, asked, dependencies } = await largeFile();
  const stop = new AbortController();
  beginThen(async ({ uploads }) => {
    await uploads?.discard();
    stop.abort(new ExhibitError("INTERRUPTED", "The worker stops."));
    throw away;
  });
  await expect(store({ signal: stop.signal })).rejects.toMatchObject({ code: "INTERRUPTED" });
  expect(asked.aborts).toEqual([]);
  await reconcile({ ...dependencies, schedules: [], sealer: testSealer }, 3_600_000);
  expect(asked.aborts).toHaveLength(1);
  expect(await recorded()).toEqual([]);
  expect(asked.warnings).toEqual([]);
});

test("An upload that can't be aborted stays recorded for a later round, and the log says so", async () => {
  const { store, beginThen, asked, instead, dependencies } = await largeFile();
  beginThen(async ({ uploads }) => {
    await uploads?.discard();
    throw away;
  });
  instead.abort = fail;
  await expect(store()).rejects.toThrow();
  expect(await recorded()).toEqual([{ upload_id: "UPLOAD", given_up: true }]);
  // Not at once: that would be in vain, too.
  await reconcile({ ...dependencies, schedules: [], sealer: testSealer }, 3_600_000);
  expect(asked.aborts).toHaveLength(1);
  await ledger.db
    .updateTable("uploads")
    .set({ abort_at: new Date(0) })
    .execute();
  await reconcile({ ...dependencies, schedules: [], sealer: testSealer }, 3_600_000);
  expect(asked.aborts).toHaveLength(2);
  expect(asked.warnings).toMatchObject([[{ uploads: 1 }, expect.any(String)]]);
});

test("Aborting asks the vendor again only if its lease leads elsewhere than the upload", async () => {
  const { store, beginThen, asked, instead, lease } = await largeFile();
  const leaseIds: string[] = [];
  instead.abort = async ({ leases }) => void leaseIds.push((await leases.current()).id);
  beginThen(async ({ uploads }) => {
    await uploads?.discard();
    instead.lease = async ({ answeredSince }) =>
      answeredSince === undefined ? { ...lease, id: "elsewhere", prefixes: ["9/"] } : lease;
    throw away;
  });
  await expect(store()).rejects.toThrow();
  expect(leaseIds).toEqual([lease.id]);
  expect(asked.leases.at(-1)).toHaveProperty("answeredSince");
});

test("What the ledger can't take of an upload is the ledger's fault, not the file's", async () => {
  const { store, instead, asked, folderId } = await largeFile();
  instead.put = async ({ uploads }) => {
    // No time at all, which the ledger refuses.
    const refused = uploads?.begin({ beganAt: undefined } as never);
    await refused?.catch(() => {});
    throw new ExhibitError("STORE_DENIED", "It was stopped.");
  };
  const failure = await store().catch((thrown: unknown) => thrown);
  expect(failure).not.toMatchObject({ code: "FILES_FAILED" });
  expect(asked.open).toBe(0);
  const { db } = ledger;
  const rows = db.selectFrom("files").select("state").where("folder_id", "=", folderId);
  expect(await rows.execute()).toEqual([{ state: "planned" }]);
});
