import { createHash } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorCode, ExhibitError, errorTable } from "@exhibit/contracts";
import { Redis, ReplyError } from "ioredis";
import { decrypt, encrypt, type LeaseKeyRing } from "./lease-key.ts";
import type { CachedAnswer, CachedFailure, LeaderLock, LeaseStore } from "./lease-store.ts";
import { memoryLeaseStore } from "./memory-lease-store.ts";
import * as scripts from "./redis-scripts.ts";

// Layout in Redis. H is the SHA-256 of the key; the braces keep what belongs to one key in one slot
// of a cluster. `sealed` and `error` are encrypted, as is everything about a case or a credential.
// Fields called `turn` hold a fencing token.
//   P:lease:{H}:answer    hash: turn, sealed     expires with the last lease
//   P:lease:{H}:failure   hash: turn, sealed, until, at
//   P:lease:{H}:holder    the fencing token of the lock; expires 3 s after its last renewal
//   P:lease:{H}:turns     the counter of fencing tokens; outlives the answer by a day
//   P:lease:{H}:calls     list: times of the latest calls, for the rate limit
//   P:lease:{H}:notes     hash: calls, refusals, failing, error
//   P:lease:{H}:leases    sorted set: ids of leases by their end

/** Milliseconds after which others may acquire a lock whose holder has died. */
const LOCK_LIFE = 3_000;
const LOCK_RENEWAL = 1_000;

/** Milliseconds to wait for Redis: to connect at the start, and for one reply. */
const REPLY_LIMIT = 2_000;

/**
 * Milliseconds that Redis isn't asked after it couldn't be reached, unless it reconnects before.
 */
const AWAY = 5_000;

const DAY = 24 * 60 * 60 * 1000;

export interface RedisLeaseStoreOptions {
  readonly url: string;
  /** PEM certificates of the authorities to trust for Redis. @defaultValue those Node trusts */
  readonly ca?: string | undefined;
  /** Keeps several fleets on one Redis apart. @defaultValue exhibit */
  readonly prefix?: string | undefined;
  readonly keys: LeaseKeyRing;
  /** Called for errors of Redis; the store goes on without it. */
  readonly onFault?: (fault: unknown) => void;
  /** Ms since the epoch. */
  readonly now?: () => number;
}

/** Creates an encrypted store in Redis, for all brokers with the same Redis and a common key. */
export function redisLeaseStore(options: RedisLeaseStoreOptions): LeaseStore {
  const { url, ca, prefix = "exhibit", keys, onFault = () => {}, now = Date.now } = options;
  const redis = new Redis(url, {
    // A lease mustn't wait for a Redis that is away: the vendor can be called without it.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: REPLY_LIMIT,
    connectTimeout: REPLY_LIMIT,
    ...(ca === undefined ? {} : { tls: { ca } }),
  });
  let awayUntil = 0;
  redis.on("error", () => {});
  redis.on("ready", () => {
    awayUntil = 0;
  });
  const started = Promise.race([
    once(redis, "ready"),
    sleep(REPLY_LIMIT, undefined, { ref: false }),
  ]).catch(() => {});
  const locks = new Set<LeaderLock>();
  const local = memoryLeaseStore(now);
  const nameOf = (key: string, part: string) => `${prefix}:lease:{${hashOf(key)}}:${part}`;

  const run = (script: string, names: readonly string[], ...values: (string | number)[]) =>
    redis.eval(script, names.length, ...names, ...values) as Promise<number>;
  const encrypted = (key: string, part: string, value: unknown) =>
    encrypt(keys, JSON.stringify(value), `${part} ${key}`);

  function decrypted<Value>(key: string, part: string, text: string | null): Value | undefined {
    const json = text === null ? undefined : decrypt(keys, text, `${part} ${key}`);
    return json === undefined ? undefined : (JSON.parse(json) as Value);
  }

  async function isAway(): Promise<boolean> {
    await started;
    return performance.now() < awayUntil;
  }

  /** A lease takes several steps: after the first that fails, the others don't wait for Redis. */
  function noteFault(fault: unknown): void {
    if (!(fault instanceof ReplyError)) awayUntil = performance.now() + AWAY;
    onFault(fault);
  }

  /** Returns `work`, but with a fallback while Redis is away or when it fails. */
  function orElse<Arguments extends unknown[], Result>(
    fallback: Result,
    work: (...given: Arguments) => Promise<Result>,
  ): (...given: Arguments) => Promise<Result> {
    return async (...given) => {
      if (await isAway()) return fallback;
      return work(...given).catch((fault: unknown) => {
        noteFault(fault);
        return fallback;
      });
    };
  }

  async function acquire(key: string): Promise<LeaderLock | undefined> {
    const holder = nameOf(key, "holder");
    const names = [holder, nameOf(key, "turns")];
    const fencingToken = await run(scripts.acquireLock, names, LOCK_LIFE, DAY);
    if (fencingToken === 0) return undefined;
    const renewal = setInterval(() => {
      // A late renewal does nothing: the token keeps this holder from replacing a newer answer.
      run(scripts.renewLock, [holder], fencingToken, LOCK_LIFE).catch(() => {});
    }, LOCK_RENEWAL);
    renewal.unref();
    const lock: LeaderLock = {
      fencingToken,
      async release() {
        locks.delete(lock);
        clearInterval(renewal);
        if (!(await isAway()))
          await run(scripts.releaseLock, [holder], fencingToken).catch(noteFault);
      },
    };
    locks.add(lock);
    return lock;
  }

  return {
    get: orElse(undefined, async (key) =>
      decrypted<CachedAnswer>(key, "answer", await redis.hget(nameOf(key, "answer"), "sealed")),
    ),
    put: orElse(true, async (key, answer, { until, lock }) => {
      const life = Math.ceil(until - now());
      if (life <= 0) return true;
      const names = [nameOf(key, "answer"), nameOf(key, "failure"), nameOf(key, "turns")];
      const text = encrypted(key, "answer", answer);
      return (await run(scripts.putAnswer, names, lock?.fencingToken ?? "", text, life, DAY)) === 1;
    }),
    failure: orElse(undefined, async (key) => {
      const text = await redis.hget(nameOf(key, "failure"), "sealed");
      const plain = decrypted<PlainFailure>(key, "failure", text);
      return plain && { ...plain, error: revived(plain.error) };
    }),
    putFailure: orElse(undefined, async (key, failure, { until, lock }) => {
      const life = Math.ceil(until - now());
      if (life <= 0) return;
      const text = encrypted(key, "failure", { ...failure, error: plainError(failure.error) });
      const names = [nameOf(key, "answer"), nameOf(key, "failure")];
      const { until: stands, at } = failure;
      await run(scripts.putFailure, names, lock?.fencingToken ?? "", text, life, stands, at);
    }),
    deleteFailure: orElse(undefined, async (key, at) => {
      await run(scripts.deleteFailure, [nameOf(key, "failure")], at);
    }),
    acquire: orElse(noLock, acquire),
    countCall: async (key, limit) => {
      const { calls, per_seconds } = limit;
      const window = Math.ceil(per_seconds * 1000);
      const count = () => run(scripts.countCall, [nameOf(key, "calls")], calls, window);
      // Without Redis each process keeps the limit for itself.
      return (await orElse(undefined, count)()) ?? local.countCall(key, limit);
    },
    addStats: orElse(undefined, async (key, { refusals, leases, error }) => {
      const [stats, ends] = [nameOf(key, "notes"), nameOf(key, "leases")];
      const batch = redis
        .pipeline()
        .hincrby(stats, "calls", 1)
        .hincrby(stats, "refusals", refusals)
        .hset(stats, "failing", error ? 1 : 0);
      if (error) batch.hset(stats, "error", encrypted(key, "error", plainError(error)));
      batch.pexpire(stats, DAY).zremrangebyscore(ends, 0, now());
      for (const { id, expiresAt } of leases) batch.zadd(ends, expiresAt, id);
      const last = Math.max(0, ...leases.map(({ expiresAt }) => expiresAt));
      if (last > now()) batch.pexpire(ends, Math.ceil(last - now()) + DAY);
      await batch.exec();
    }),
    stats: orElse(noStats, async (key) => {
      const { calls, refusals, error, failing } = await redis.hgetall(nameOf(key, "notes"));
      const plain = decrypted<PlainError>(key, "error", error ?? null);
      return {
        calls: Number(calls ?? 0),
        refusals: Number(refusals ?? 0),
        leases: await redis.zcount(nameOf(key, "leases"), now(), "+inf"),
        error: plain && revived(plain),
        isFailing: failing === "1",
      };
    }),
    async close() {
      await Promise.all([...locks].map((lock) => lock.release()));
      redis.disconnect();
    },
  };
}

/** The lock of a broker whose Redis is away: it keeps nobody waiting, and replaces nothing. */
const noLock: LeaderLock = { fencingToken: 0, release: async () => {} };

const noStats = { calls: 0, refusals: 0, leases: 0, error: undefined, isFailing: false };

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 40);
}

interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ExhibitError["details"];
  readonly retryAfter?: number;
}

type PlainFailure = Omit<CachedFailure, "error"> & { readonly error: PlainError };

/** Leaves out the cause, which is for the log of the process where it happened. */
function plainError({ code, message, details, retryAfter }: ExhibitError): PlainError {
  return { code, message, details, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

function revived({ code, message, ...more }: PlainError): ExhibitError {
  // A newer version of Exhibit may know codes that this one doesn't.
  return new ExhibitError(Object.hasOwn(errorTable, code) ? code : "INTERNAL", message, more);
}
