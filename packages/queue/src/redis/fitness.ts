import { ExhibitError } from "@exhibit/contracts";
import type { Redis } from "ioredis";
import type { RedisNeeds } from "./needs.ts";
import { findMissingRights } from "./rights.ts";

/**
 * Checks whether a Redis can carry jobs: by its INFO, and by running every command that the queues
 * use on keys that are deleted at once. Throws SERVICE_UNFIT, with a sentence that says what to do;
 * other errors of the server are thrown as they are.
 */
export async function checkRedis(redis: Redis, needs: RedisNeeds): Promise<void> {
  const info = await redis.info().catch((error: unknown) => {
    // Reported below together with the other missing rights.
    if (error instanceof Error && error.message.startsWith("NOPERM")) return "";
    throw error;
  });
  const reason = reasonAgainst(info, needs);
  if (reason !== undefined) throw unfit(reason);
  const missing = await findMissingRights(redis, needs);
  if (info === "") missing.unshift("INFO");
  if (missing.length > 0) throw unfit(rightsSentence(missing, redis, needs));
}

const MIN_VERSION = [6, 2] as const;

/** Returns why a server with this INFO can't carry jobs; undefined if it can. */
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
    return "it is a Sentinel, which only monitors others. Give the address of the Redis that it monitors, the master.";
  }
  if (facts.get("cluster_enabled") === "1") {
    return "it is a node of a cluster, which holds only part of the keys. Exhibit needs a Redis or Valkey without cluster mode (for a managed one, the standard architecture).";
  }
  if (facts.get("role") === "slave") {
    const master = `${facts.get("master_host")}:${facts.get("master_port")}`;
    return `it is a replica, which accepts no writes. Give the address of its master (${master}).`;
  }
  const version = facts.get("redis_version");
  if (version !== undefined && isBelow(version, MIN_VERSION)) {
    return `it is Redis ${version}. Exhibit needs ${MIN_VERSION.join(".")} or newer.`;
  }
  const policy = facts.get("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction" && !mayEvict) {
    return `its maxmemory-policy is ${policy}: when it runs out of memory, it would drop jobs. Set it to noeviction (CONFIG SET maxmemory-policy noeviction; for a managed one, in its parameters). If you can't, EXHIBIT_ALLOW_EVICTION=1 accepts it as it is.`;
  }
  return undefined;
}

function isBelow(version: string, [least, leastMinor]: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < least || (major === least && minor < leastMinor);
}

/** Names an ACL that allows all that is needed, and no more than an application should have. */
function rightsSentence(missing: readonly string[], redis: Redis, { prefix }: RedisNeeds): string {
  const user = redis.options.username ?? "default";
  return [
    `its user "${user}" lacks rights that the queues need: ${missing.join(", ")}.`,
    `This grants them: ACL SETUSER ${user} '~${prefix}:*' '~${prefix.slice(1, -1)}:*' +@all -@dangerous +info +client|list`,
  ].join(" ");
}

function unfit(reason: string): ExhibitError {
  return new ExhibitError("SERVICE_UNFIT", `This Redis can't carry the jobs: ${reason}`);
}
