import { parseBwlimit } from "@exhibit/contracts";
import type { Services } from "@exhibit/runtime";
import { type RunningWorker, startWorker } from "@exhibit/worker";
import { actorOfSystem } from "./actor.ts";

export const bwlimitOption = [
  "--bwlimit <limit>",
  "limit what all workers send together, as `exhibit bwlimit` does: 10M, 512k, off, a timetable",
] as const;

/** Finds a fault in a limit before anything is started for it. Throws REQUEST_INVALID. */
export function checkBwlimit(limit: string | undefined): void {
  if (limit !== undefined) parseBwlimit(limit);
}

/** Starts a worker; a limit that is given is set for all workers of the ledger first. */
export async function startLimitedWorker(
  services: Services,
  limit: string | undefined,
): Promise<RunningWorker> {
  if (limit !== undefined) await services.bandwidth.set({ limit }, actorOfSystem());
  return startWorker(services.forWorker);
}
