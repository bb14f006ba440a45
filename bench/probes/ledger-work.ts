import { randomBytes } from "node:crypto";
import { FLUSH_AT } from "@exhibit/ingest/simulation";
import {
  finishShard,
  fixDestination,
  type Ledger,
  openShard,
  recordOutcomes,
  type StoredFile,
  type UnfinishedFile,
} from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";
import { Redis } from "ioredis";
import { sql } from "kysely";

export interface Base {
  ledger: Ledger;
  engine: Engine;
  redisUrl: string | undefined;
  databaseUrl: string | undefined;
  /** The process ids of the servers. */
  pids: number[];
}

const PREFIX = "entrusts/E-1/";

/** Records what workers record of shards whose files are all stored; `sha256Of` returns a file's digest. */
export async function storeAll(
  ledger: Ledger,
  folderId: number,
  shardIds: readonly number[],
  sha256Of: () => Buffer = () => randomBytes(32),
): Promise<void> {
  const destination = { endpoint: "https://oss.test", bucket: "evidence", prefix: PREFIX };
  await fixDestination(ledger, folderId, destination);
  for (const shardId of shardIds) {
    const { files = [] } = (await openShard(ledger, shardId)) ?? {};
    for (let at = 0; at < files.length; at += FLUSH_AT) {
      const some = files.slice(at, at + FLUSH_AT);
      const stored = some.map((file) => receiptOf(file, sha256Of()));
      await recordOutcomes(ledger, folderId, stored, []);
    }
    await finishShard(ledger, shardId, 1);
  }
}

/** Returns a receipt as long as a real one. */
function receiptOf({ id, path, size, modifiedMs }: UnfinishedFile, sha256: Buffer): StoredFile {
  const md5 = randomBytes(16).toString("hex").toUpperCase();
  return {
    ...{ fileId: id, state: "stored", size, modifiedMs: modifiedMs ?? 0, storedAt: new Date() },
    ...{ endpoint: "https://oss.test", bucket: "evidence", versionId: undefined },
    ...{ key: `${PREFIX}${path}`, leaseId: "9a3f6c1e-7d52-4b7e-9f10-2c8d5e4b7a61" },
    ...{ sha256, crc64: randomBytes(8).readBigUInt64LE() },
    ...{ etag: `"${md5}"`, requestId: randomBytes(12).toString("hex").toUpperCase() },
  };
}

/** Returns the bytes of tables, with indexes and dead rows. */
export async function bytesOf({ db }: Ledger, tables: readonly string[]): Promise<number> {
  const { rows } = await sql<{ bytes: string }>`
    select sum(pg_total_relation_size(name::regclass)) as bytes from unnest(${tables}::text[]) as name`.execute(
    db,
  );
  return Number(rows[0]?.bytes);
}

/** Returns the bytes that Redis uses; 0 without a Redis. */
export async function memoryOf({ redisUrl }: Pick<Base, "redisUrl">): Promise<number> {
  if (redisUrl === undefined) return 0;
  const redis = new Redis(redisUrl);
  const info = await redis.info("memory");
  redis.disconnect();
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
}

/** Runs so many store jobs, which do nothing. */
export async function ringToTheEnd(engine: Engine, jobs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let done = 0;
  const work = async () => {
    done += 1;
    if (done === jobs) resolve();
  };
  const quiet = { onError() {}, onFailed() {} };
  const worker = engine.work("store", work, { concurrency: 8, ...quiet });
  await promise;
  await worker.close(1000);
}
