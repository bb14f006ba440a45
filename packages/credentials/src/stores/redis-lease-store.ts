import { createHash } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorCode, ExhibitError, errorTable } from "@exhibit/contracts";
import { Redis, ReplyError } from "ioredis";
import { type LeaseKeyRing, seal, unseal } from "./lease-key.ts";
import type { KeptAnswer, KeptFailure, LeaseStore, Turn } from "./lease-store.ts";
import { memoryLeaseStore } from "./memory-lease-store.ts";
import * as scripts from "./redis-scripts.ts";

// Layout in Redis; H is the SHA-256 of the key, and the braces keep all that belongs to one key in one slot of a
// cluster. Everything that says something of a case or a credential is sealed.
//   P:lease:{H}:answer    hash: turn, sealed     gone when the last lease ends
//   P:lease:{H}:failure   hash: turn, sealed, until, at
//   P:lease:{H}:holder    the number of the turn that somebody has; gone 3 s after its last renewal
//   P:lease:{H}:turns     counter, outlives the answer by a day
//   P:lease:{H}:calls     list: times of the latest calls, for the rate limit
//   P:lease:{H}:notes     hash: calls, refusals, error (sealed)
//   P:lease:{H}:leases    sorted set: ids of leases by their end

/** Milliseconds after which others may ask when a turn's holder has died; renewed while it lives. */
const TURN_LIFE = 3_000;
const TURN_RENEWAL = 1_000;

/** Milliseconds that Redis is waited for: to be there at the start, and for one answer. */
const PATIENCE = 2_000;

/** Milliseconds that Redis isn't asked after it couldn't be reached; less when it is back before. */
const AWAY = 5_000;

const DAY = 24 * 60 * 60 * 1000;

export interface RedisLeaseStoreOptions {
  readonly url: string;
  /** Certificates, in PEM, of who may have signed that of Redis. @defaultValue those that Node knows */
  readonly ca?: string | undefined;
  /** What keeps several fleets on one Redis apart. @defaultValue exhibit */
  readonly prefix?: string | undefined;
  readonly keys: LeaseKeyRing;
  /** Told of what didn't work in Redis; the store goes on without it. */
  readonly onFault?: (fault: unknown) => void;
  /** Ms since the epoch. */
  readonly now?: () => number;
}

/** Keeps in Redis, encrypted, for all brokers that have the same Redis and a key in common. */
export function redisLeaseStore(options: RedisLeaseStoreOptions): LeaseStore {
  const { url, ca, prefix = "exhibit", keys, onFault = () => {}, now = Date.now } = options;
  const redis = new Redis(url, {
    // A lease mustn't wait for a Redis that is away: the vendor can be asked without it.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: PATIENCE,
    connectTimeout: PATIENCE,
    ...(ca === undefined ? {} : { tls: { ca } }),
  });
  let awayUntil = 0;
  redis.on("error", () => {});
  redis.on("ready", () => {
    awayUntil = 0;
  });
  const started = Promise.race([
    once(redis, "ready"),
    sleep(PATIENCE, undefined, { ref: false }),
  ]).catch(() => {});
  const turns = new Set<Turn>();
  const own = memoryLeaseStore(now);
  const named = (key: string, part: string) => `${prefix}:lease:{${hashOf(key)}}:${part}`;

  const run = (script: string, names: readonly string[], ...values: (string | number)[]) =>
    redis.eval(script, names.length, ...names, ...values) as Promise<number>;
  const sealed = (key: string, part: string, value: unknown) =>
    seal(keys, JSON.stringify(value), `${part} ${key}`);

  function opened<Value>(key: string, part: string, text: string | null): Value | undefined {
    const json = text === null ? undefined : unseal(keys, text, `${part} ${key}`);
    return json === undefined ? undefined : (JSON.parse(json) as Value);
  }

  async function isAway(): Promise<boolean> {
    await started;
    return performance.now() < awayUntil;
  }

  /** A lease takes several steps: the first one that fails spares the others the waiting. */
  function met(fault: unknown): void {
    if (!(fault instanceof ReplyError)) awayUntil = performance.now() + AWAY;
    onFault(fault);
  }

  /** Redis may be away: what would be read isn't there then, and what would be written is lost. */
  function orElse<Arguments extends unknown[], Result>(
    fallback: Result,
    work: (...given: Arguments) => Promise<Result>,
  ): (...given: Arguments) => Promise<Result> {
    return async (...given) => {
      if (await isAway()) return fallback;
      return work(...given).catch((fault: unknown) => {
        met(fault);
        return fallback;
      });
    };
  }

  async function takeTurn(key: string): Promise<Turn | undefined> {
    const holder = named(key, "holder");
    const number = await run(scripts.takeTurn, [holder, named(key, "turns")], TURN_LIFE, DAY);
    if (number === 0) return undefined;
    const renewal = setInterval(() => {
      // A renewal that comes too late does nothing: the turn's number keeps its holder from replacing a newer answer.
      run(scripts.renewTurn, [holder], number, TURN_LIFE).catch(() => {});
    }, TURN_RENEWAL);
    renewal.unref();
    const turn: Turn = {
      number,
      async end() {
        turns.delete(turn);
        clearInterval(renewal);
        if (!(await isAway())) await run(scripts.endTurn, [holder], number).catch(met);
      },
    };
    turns.add(turn);
    return turn;
  }

  return {
    get: orElse(undefined, async (key) =>
      opened<KeptAnswer>(key, "answer", await redis.hget(named(key, "answer"), "sealed")),
    ),
    put: orElse(true, async (key, answer, { until, turn }) => {
      const life = Math.ceil(until - now());
      if (life <= 0) return true;
      const names = [named(key, "answer"), named(key, "failure"), named(key, "turns")];
      const text = sealed(key, "answer", answer);
      return (await run(scripts.putAnswer, names, turn?.number ?? "", text, life, DAY)) === 1;
    }),
    failure: orElse(undefined, async (key) => {
      const text = await redis.hget(named(key, "failure"), "sealed");
      const plain = opened<PlainFailure>(key, "failure", text);
      return plain && { ...plain, error: revived(plain.error) };
    }),
    putFailure: orElse(undefined, async (key, failure, { until, turn }) => {
      const life = Math.ceil(until - now());
      if (life <= 0) return;
      const text = sealed(key, "failure", { ...failure, error: plainError(failure.error) });
      const names = [named(key, "answer"), named(key, "failure")];
      const { until: stands, at } = failure;
      await run(scripts.putFailure, names, turn?.number ?? "", text, life, stands, at);
    }),
    forgetFailure: orElse(undefined, async (key, at) => {
      await run(scripts.forgetFailure, [named(key, "failure")], at);
    }),
    takeTurn: orElse(alone, takeTurn),
    countCall: async (key, limit) => {
      const { calls, per_seconds } = limit;
      const window = Math.ceil(per_seconds * 1000);
      const count = () => run(scripts.countCall, [named(key, "calls")], calls, window);
      // Without Redis each process keeps to the limit for itself.
      return (await orElse(undefined, count)()) ?? own.countCall(key, limit);
    },
    note: orElse(undefined, async (key, { refusals, leases, error }) => {
      const [notes, ends] = [named(key, "notes"), named(key, "leases")];
      const batch = redis
        .pipeline()
        .hincrby(notes, "calls", 1)
        .hincrby(notes, "refusals", refusals)
        .hset(notes, "failing", error ? 1 : 0);
      if (error) batch.hset(notes, "error", sealed(key, "error", plainError(error)));
      batch.pexpire(notes, DAY).zremrangebyscore(ends, 0, now());
      for (const { id, expiresAt } of leases) batch.zadd(ends, expiresAt, id);
      const last = Math.max(0, ...leases.map(({ expiresAt }) => expiresAt));
      if (last > now()) batch.pexpire(ends, Math.ceil(last - now()) + DAY);
      await batch.exec();
    }),
    notes: orElse(noNotes, async (key) => {
      const { calls, refusals, error, failing } = await redis.hgetall(named(key, "notes"));
      const plain = opened<PlainError>(key, "error", error ?? null);
      return {
        calls: Number(calls ?? 0),
        refusals: Number(refusals ?? 0),
        leases: await redis.zcount(named(key, "leases"), now(), "+inf"),
        error: plain && revived(plain),
        isFailing: failing === "1",
      };
    }),
    async close() {
      await Promise.all([...turns].map((turn) => turn.end()));
      redis.disconnect();
    },
  };
}

/** The turn of a broker whose Redis is away. Nobody else is kept waiting; what it puts replaces nothing. */
const alone: Turn = { number: 0, end: async () => {} };

const noNotes = { calls: 0, refusals: 0, leases: 0, error: undefined, isFailing: false };

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 40);
}

interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ExhibitError["details"];
  readonly retryAfter?: number;
}

type PlainFailure = Omit<KeptFailure, "error"> & { readonly error: PlainError };

/** Without the cause: it is for the log of the process that met it. */
function plainError({ code, message, details, retryAfter }: ExhibitError): PlainError {
  return { code, message, details, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

function revived({ code, message, ...more }: PlainError): ExhibitError {
  // A newer version of Exhibit may know codes that this one doesn't.
  return new ExhibitError(Object.hasOwn(errorTable, code) ? code : "INTERNAL", message, more);
}
