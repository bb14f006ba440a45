import { createHash } from "node:crypto";
import { type BucketRetention, ExhibitError } from "@exhibit/contracts";
import type { Broker, Lease, LeaseOptions } from "@exhibit/credentials";
import {
  addShards,
  createImport,
  finishPlanning,
  type Ledger,
  type PlannedFile,
} from "@exhibit/ledger";
import type { ObjectStore, PutRequest, Receipt } from "@exhibit/oss";
import type { Attempt } from "@exhibit/queue";
import type { FileStat, SourceReader } from "@exhibit/sources";
import type { Logger } from "@exhibit/telemetry";
import { createMeter } from "../src/fleet/meter.ts";
import { createWaits } from "../src/fleet/waits.ts";
import { createByteBudget } from "../src/storing/byte-budget.ts";
import type { StoreDependencies } from "../src/storing/store-shard.ts";

// A worker of which only the ledger is real. Its source, vendor and OSS are strict fakes: they do
// what is right unless a test says otherwise, and write down what they were asked.

/** Returns a job's first attempt of several, with what it logged. */
export function attemptOf(own: Partial<Attempt> = {}): Attempt & { lines: string[] } {
  const lines: string[] = [];
  return {
    starts: 1,
    last: false,
    postponed: 0,
    isHeld: () => true,
    signal: new AbortController().signal,
    log: async (line) => void lines.push(line),
    ...own,
    lines,
  };
}

const anyLease: Lease = {
  id: "lease-1",
  vendor: "kongur",
  credentials: { accessKeyId: "id", accessKeySecret: "secret", securityToken: "token" },
  bucket: {
    endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
    region: "cn-hangzhou",
    name: "evidence",
    pathStyle: false,
    signatureVersion: "v4",
  },
  prefix: "",
  prefixes: [],
  expiresAt: new Date("2100-01-01T00:00:00Z"),
};

/** When every file of a rig was last changed, in milliseconds since the epoch. */
export const MODIFIED_AT = 1_700_000_000_000;

export interface PlannedShard {
  importId: string;
  folderId: number;
  shardId: number;
  /** Ids by path. */
  files: Record<string, number>;
}

/** Writes an import with one folder and one shard of files of eight bytes to a ledger. */
export async function planShard(
  ledger: Ledger,
  paths: readonly string[],
  { isPlanned = true, ...own }: { isPlanned?: boolean } & Partial<PlannedFile> = {},
): Promise<PlannedShard> {
  const source = { type: "directory", path: "/evidence" } as const;
  const folders = [{ vendor: "kongur", folder: { suit_id: "1001" }, source }];
  const { importId, folderIds } = await createImport(ledger, { suit_ids: ["1001"], folders });
  const folderId = folderIds[0] as number;
  const planned = paths.map((path) => ({ path, size: 8, modifiedAt: MODIFIED_AT, ...own }));
  const shards = await addShards(ledger, { id: folderId }, [planned]);
  if (isPlanned) await finishPlanning(ledger, folderId);
  const rows = await rowsOf(ledger, folderId);
  const files = Object.fromEntries(rows.map(({ path, id }) => [path, id]));
  return { importId, folderId, shardId: shards[0]?.shardId as number, files };
}

/** Returns a folder's files, by path. */
export async function rowsOf(ledger: Ledger, folderId: number) {
  const { db } = ledger;
  const of = db.selectFrom("files").selectAll().where("folder_id", "=", folderId);
  return await of.orderBy("path").execute();
}

/** Returns what became of a folder's files: `{ "a.pdf": ["failed", "SOURCE_IO"] }`. */
export async function outcomesOf(ledger: Ledger, folderId: number) {
  const rows = await rowsOf(ledger, folderId);
  return Object.fromEntries(rows.map(({ path, state, error_code }) => [path, [state, error_code]]));
}

type AbortRequest = Parameters<ObjectStore["abort"]>[0];

export function createRig(ledger: Ledger, paths: readonly string[]) {
  // A place of its own: files go elsewhere than those of other rigs.
  const prefix = `${crypto.randomUUID()}/`;
  const lease: Lease = { ...anyLease, prefix, prefixes: [prefix] };
  /** What lies in the source: a file's bytes, or why it can't be opened. */
  const source = new Map<string, string | ExhibitError>(paths.map((path) => [path, "evidence"]));
  const asked = {
    leases: [] as LeaseOptions[],
    puts: [] as PutRequest[],
    aborts: [] as AbortRequest[],
    /** `store 7`, in order. */
    enqueued: [] as string[],
    warnings: [] as unknown[],
    /** Files that are open now. */
    open: 0,
  };
  /** What a test puts in the place of what is right. */
  const instead = {
    async lease(_options: LeaseOptions): Promise<Lease> {
      return lease;
    },
    async openSource(): Promise<void> {},
    async put(_request: PutRequest): Promise<Partial<Receipt>> {
      return {};
    },
    async abort(_request: AbortRequest): Promise<void> {},
    bucketRetention: async (): Promise<BucketRetention> => "unknown",
    isLeftToOthers: (_error: ExhibitError): boolean => false,
  };

  const reader: SourceReader = {
    walk: () => {
      throw new Error("Storing walks no source.");
    },
    async open({ path }, expected) {
      const content = source.get(path);
      if (content instanceof ExhibitError) throw content;
      if (content === undefined) throw new ExhibitError("SOURCE_NOT_FOUND", `${path} is gone.`);
      const stat: FileStat = { size: content.length, modifiedAt: MODIFIED_AT };
      const isSame = expected?.size === stat.size && expected.modifiedAt === stat.modifiedAt;
      if (expected && !isSame) throw new ExhibitError("SOURCE_CHANGED", `${path} has changed.`);
      asked.open += 1;
      return {
        ...stat,
        async read(length) {
          const bytes = Buffer.from(content).subarray(0, length);
          const sha256 = createHash("sha256").update(bytes).digest();
          return { bytes, crc64: 7n, sha256, release() {} };
        },
        async rewind() {},
        async [Symbol.asyncDispose]() {
          asked.open -= 1;
        },
      };
    },
    nameOf: (path) => path,
    isFolder: async () => false,
    async [Symbol.asyncDispose]() {},
  };

  const broker: Broker = {
    check() {},
    has: () => true,
    folderSchemas: () => new Map([["kongur", { type: "object" }]]),
    perFile: () => undefined,
    async lease(_of, options = {}) {
      asked.leases.push(options);
      return await instead.lease(options);
    },
    states: async () => [],
    held: () => [],
    close() {},
  };

  const objectStore: ObjectStore = {
    reading: undefined as never,
    admit: (_place, work) => work(),
    async put(request) {
      asked.puts.push(request);
      const { bucket, id, ...held } = await request.leases.current();
      const own = await instead.put(request);
      const { sha256, crc64 } = await request.body.read(request.body.size);
      return {
        outcome: "stored",
        identicalBy: undefined,
        endpoint: bucket.endpoint,
        bucket: bucket.name,
        key: held.prefix + request.name,
        size: request.body.size,
        sha256: sha256 as Buffer,
        crc64,
        etag: '"etag"',
        requestId: "REQUEST",
        versionId: undefined,
        storedAt: new Date(),
        leaseId: id,
        ...own,
      };
    },
    async abort(request) {
      asked.aborts.push(request);
      await instead.abort(request);
    },
    isReachable: async () => false,
    bucketRetention: async () => await instead.bucketRetention(),
    pace() {},
    windows: () => [],
    memoryFor: () => 1,
    close() {},
  };

  const meter = createMeter();
  const enqueue = async (name: string, jobs: readonly { id: string }[]) => {
    for (const { id } of jobs) asked.enqueued.push(`${name} ${id}`);
  };
  const dependencies: StoreDependencies = {
    ledger,
    broker,
    objectStore,
    identical: "strongest",
    worker: undefined as never,
    engine: { enqueue },
    sources: {
      async open() {
        await instead.openSource();
        return reader;
      },
    },
    logger: { warn: (...of: unknown[]) => void asked.warnings.push(of) } as unknown as Logger,
    memory: createByteBudget(1000),
    suspects: ((work: () => Promise<void>) => work()) as StoreDependencies["suspects"],
    sight: {
      async judge(error) {
        if (!instead.isLeftToOthers(error)) return { error, isLeftToOthers: false };
        return { error: new ExhibitError("SOURCE_ABSENT", error.message), isLeftToOthers: true };
      },
    },
    waits: createWaits({ diskSilence: () => 0 }),
    meter,
  };
  /** The paths that were sent, sorted. */
  const sent = () => asked.puts.map(({ name }) => name).sort();
  return { dependencies, meter, lease, source, asked, instead, sent };
}
