import { everything } from "@exhibit/contracts";
import type { Services } from "@exhibit/runtime";
import { type RunningWorker, startWorker } from "@exhibit/worker";
import { actorOfSystem } from "./actor.ts";

/** Starts a worker. A limit that is given is set for all workers of the ledger first. */
export async function startLimitedWorker(
  services: Services,
  limit: string | undefined,
): Promise<RunningWorker> {
  if (limit !== undefined) {
    await services.bandwidth.within(everything).set({ limit }, actorOfSystem());
  }
  return startWorker(services.forWorker);
}
