import type { Environment } from "@exhibit/config";
import { type LeaseStore, memoryLeaseStore } from "@exhibit/credentials";
import { redisLeaseStore } from "@exhibit/credentials/redis";
import type { Logger } from "@exhibit/telemetry";
import { atMostEvery } from "./at-most-every.ts";

/** Milliseconds between two log lines about leases that can't be shared. */
const FAULT_PAUSE = 60_000;

/**
 * Opens the store of leases: Redis when there is a key to encrypt them with, otherwise the memory
 * of this process.
 */
export function openLeaseStore(
  { redisUrl, redisCa, redisPrefix, leaseKeys }: Environment,
  logger: Logger,
): LeaseStore {
  if (redisUrl === undefined) return memoryLeaseStore();
  if (leaseKeys === undefined) {
    logger.info(
      "EXHIBIT_LEASE_KEY isn't set: each process asks the vendors for leases of its own, and keeps them in its memory",
    );
    return memoryLeaseStore();
  }
  return redisLeaseStore({
    url: redisUrl,
    ca: redisCa,
    prefix: redisPrefix,
    keys: leaseKeys,
    onFault: atMostEvery(FAULT_PAUSE, (fault) => {
      const reason = fault instanceof Error ? fault.message : String(fault);
      logger.warn({ reason }, "leases can't be shared through Redis; this process goes on alone");
    }),
  });
}
