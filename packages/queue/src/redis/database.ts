import { ExhibitError } from "@exhibit/contracts";
import type { Redis } from "ioredis";

/**
 * Checks that the connection uses the database that its address names: ioredis goes on in database
 * 0 when the server doesn't have it. Throws SERVICE_UNFIT.
 */
export async function checkDatabase(redis: Redis): Promise<void> {
  const database = Number(redis.options.db ?? 0);
  // Database 0 is the default; some users may not even select it.
  if (database === 0) return;
  await redis.select(database).catch((thrown: unknown) => {
    throw noDatabase(database, thrown);
  });
}

function noDatabase(database: number, cause: unknown): unknown {
  const reason = cause instanceof Error ? cause.message : String(cause);
  // Anything but a reply of the server is an outage.
  if (!/^(?:ERR|NOPERM)\b/.test(reason)) return cause;
  const message = `This Redis has no database ${database} (${reason}). Give one that it has after the last slash of its address; a fleet that shares a database with others needs an EXHIBIT_REDIS_PREFIX of its own.`;
  return new ExhibitError("SERVICE_UNFIT", message, { cause });
}

/**
 * Claims the keys below `prefix` for one ledger's fleet: two fleets that shared them would take and
 * drop each other's jobs. Throws SERVICE_UNFIT when they belong to another ledger.
 */
export async function claimPrefix(redis: Redis, prefix: string, ledger: string): Promise<void> {
  const key = `${prefix}:ledger`;
  await redis.setnx(key, ledger);
  const owner = await redis.get(key);
  if (owner === null || owner === ledger) return;
  const message = [
    `This Redis carries the jobs of another ledger (${owner}; this one is ${ledger}) under the prefix ${prefix}, and the two would take each other's jobs.`,
    "Give each an EXHIBIT_REDIS_PREFIX or a database of its own.",
    `If that ledger is gone for good: redis-cli DEL '${key}'`,
  ].join(" ");
  throw new ExhibitError("SERVICE_UNFIT", message, { details: { owner, ledger } });
}
