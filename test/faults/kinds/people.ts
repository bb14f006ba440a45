import { Refused } from "../deployment/api-client.ts";
import { type Fault, overAtOnce } from "../fault.ts";

function act(kind: string, name: "cancel" | "retry" | "waive", body: object): Fault {
  return {
    kind,
    target: "people",
    lasts: [0, 0],
    async begin({ deployment, targets, random }) {
      if (targets.length === 0) return overAtOnce;
      // It may have ended meanwhile, have no failures, or the API may be away: people try again later.
      await deployment.api.act(random.pick(targets).importId, name, body).catch(passOver);
      return overAtOnce;
    },
  };
}

/** Ignores that an action isn't possible just now. */
export function passOver(error: unknown): void {
  const isAway = error instanceof TypeError || (error as Error).name === "TimeoutError";
  if (isAway || error instanceof Refused) return;
  throw error;
}

export const peopleFaults: readonly Fault[] = [
  act("people-cancel", "cancel", { why: "The fault suite cancels it." }),
  act("people-retry", "retry", {}),
  act("people-waive", "waive", { why: "The fault suite gives them up." }),
];
