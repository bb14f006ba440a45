import { ExhibitError } from "@exhibit/contracts";
import type { Redis } from "ioredis";

/**
 * Proves that the connection works in the database that its address names. ioredis goes on in database 0 when the server
 * has no such one. Throws SERVICE_UNFIT.
 */
export async function checkDatabase(redis: Redis): Promise<void> {
  const database = Number(redis.options.db ?? 0);
  // In database 0 it is without being asked; some users may not even ask.
  if (database === 0) return;
  await redis.select(database).catch((thrown: unknown) => {
    throw noDatabase(database, thrown);
  });
}

function noDatabase(database: number, cause: unknown): unknown {
  const reason = cause instanceof Error ? cause.message : String(cause);
  // What isn't the server's own answer is an outage.
  if (!/^(?:ERR|NOPERM)\b/.test(reason)) return cause;
  const message = `This Redis has no database ${database} (${reason}). Give one that it has, behind the last slash of its address; what shares a database with others needs an EXHIBIT_REDIS_PREFIX of its own.`;
  return new ExhibitError("SERVICE_UNFIT", message, { cause });
}

/**
 * Makes the keys below `prefix` those of one ledger's fleet: two that shared them would take each other's jobs for their own, and
 * drop them. Throws SERVICE_UNFIT when they are another's.
 */
export async function claimPrefix(redis: Redis, prefix: string, ledger: string): Promise<void> {
  const key = `${prefix}:ledger`;
  await redis.setnx(key, ledger);
  const owner = await redis.get(key);
  if (owner === null || owner === ledger) return;
  const message = [
    `This Redis carries the jobs of another ledger (${owner}; this one is ${ledger}) under the prefix ${prefix}, and they would be taken for each other's.`,
    "Give each an EXHIBIT_REDIS_PREFIX or a database of its own.",
    `If that ledger is gone for good: redis-cli DEL '${key}'`,
  ].join(" ");
  throw new ExhibitError("SERVICE_UNFIT", message, { details: { owner, ledger } });
}
