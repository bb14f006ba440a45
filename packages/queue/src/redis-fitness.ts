import { ExhibitError } from "@exhibit/contracts";
import type { Redis } from "ioredis";
import { findMissingRights } from "./redis-rights.ts";

/** What is asked of a Redis. */
export interface RedisNeeds {
  /** What the keys of the queues begin with. */
  readonly prefix: string;
  readonly queues: readonly string[];
  /** Whether a server that drops keys when its memory is short will do. */
  readonly mayEvict?: boolean | undefined;
}

/**
 * Finds out whether a Redis can carry jobs, by what it says of itself and by doing what the queues do, on keys of their own
 * that are gone at once. Throws SERVICE_UNFIT, with a sentence that says what to do, for one that answers and can't; what it
 * says when it refuses otherwise is thrown as it is.
 */
export async function checkRedis(redis: Redis, needs: RedisNeeds): Promise<void> {
  const info = await redis.info().catch((error: unknown) => {
    // A right that is missing, and is named with the others.
    if (error instanceof Error && error.message.startsWith("NOPERM")) return "";
    throw error;
  });
  const reason = reasonAgainst(info, needs);
  if (reason !== undefined) throw unfit(reason);
  const missing = await findMissingRights(redis, needs);
  if (info === "") missing.unshift("INFO");
  if (missing.length > 0) throw unfit(rightsSentence(missing, redis, needs));
}

const LEAST_VERSION = [6, 2] as const;

/** Why a server that says this of itself (INFO) can't carry jobs; undefined where nothing speaks against it. */
export function reasonAgainst(
  info: string,
  { mayEvict = false }: Pick<RedisNeeds, "mayEvict">,
): string | undefined {
  const facts = new Map(
    info.split(/\r?\n/).map((line) => {
      const [name = "", ...value] = line.split(":");
      return [name, value.join(":")];
    }),
  );
  if (facts.get("redis_mode") === "sentinel") {
    return "it is a Sentinel, which only watches over others. Give the address of the Redis itself, its master.";
  }
  if (facts.get("cluster_enabled") === "1") {
    return "it is a node of a cluster, which has only a part of the keys. Exhibit needs one server: a Redis or Valkey without cluster mode (of a managed one, its standard architecture).";
  }
  if (facts.get("role") === "slave") {
    const master = `${facts.get("master_host")}:${facts.get("master_port")}`;
    return `it is a replica, which takes no writes. Give the address of its master (${master}).`;
  }
  const version = facts.get("redis_version");
  if (version !== undefined && isBelow(version, LEAST_VERSION)) {
    return `it is Redis ${version}. The least that will do is ${LEAST_VERSION.join(".")}.`;
  }
  const policy = facts.get("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction" && !mayEvict) {
    return `its maxmemory-policy is ${policy}: short of memory, it would drop jobs. Set it to noeviction (CONFIG SET maxmemory-policy noeviction; of a managed one, in its parameters); where that can't be done, EXHIBIT_ALLOW_EVICTION=1 takes it as it is.`;
  }
  return undefined;
}

function isBelow(version: string, [least, leastMinor]: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < least || (major === least && minor < leastMinor);
}

/** What lets a user do all that is needed, and no more than an application should. */
function rightsSentence(missing: readonly string[], redis: Redis, { prefix }: RedisNeeds): string {
  const user = redis.options.username ?? "default";
  return [
    `it doesn't allow its user "${user}" what the queues need: ${missing.join(", ")}.`,
    `What does: ACL SETUSER ${user} '~${prefix}:*' '~${prefix.slice(1, -1)}:*' +@all -@dangerous +info +client|list`,
  ].join(" ");
}

function unfit(reason: string): ExhibitError {
  return new ExhibitError("SERVICE_UNFIT", `This Redis can't carry the work: ${reason}`);
}
