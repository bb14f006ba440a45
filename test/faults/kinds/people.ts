import type { ApiClient } from "@exhibit/client";
import { ExhibitError } from "@exhibit/contracts";
import { type Fault, overAtOnce } from "../fault.ts";

function act(kind: string, does: (api: ApiClient, importId: string) => Promise<unknown>): Fault {
  return {
    kind,
    target: "people",
    lasts: [0, 0],
    async begin({ deployment, targets, random }) {
      if (targets.length === 0) return overAtOnce;
      // It may have ended meanwhile, have no failures, or the API may be away: people try again later.
      await does(deployment.api, random.pick(targets).importId).catch(passOver);
      return overAtOnce;
    },
  };
}

/** Ignores that an action isn't possible just now. What answers otherwise than the API does isn't ignored. */
export function passOver(error: unknown): void {
  if (!(error instanceof ExhibitError) || isNotOfTheApi(error)) throw error;
}

/** Whether a response wasn't one of the API's: the client says so with what its schema found. */
function isNotOfTheApi({ code, cause }: ExhibitError): boolean {
  return code === "INTERNAL" && cause !== undefined;
}

export const peopleFaults: readonly Fault[] = [
  act("people-cancel", (api, id) => api.cancel(id, { why: "The fault suite cancels it." })),
  act("people-retry", (api, id) => api.retry(id)),
  act("people-waive", (api, id) => api.waive(id, { why: "The fault suite gives them up." })),
];
