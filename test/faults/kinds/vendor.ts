import type { GatewayFaultOrder } from "@exhibit/sandbox";
import { MOVED } from "../evidence.ts";
import type { Fault } from "../fault.ts";
import { passOver } from "./people.ts";

/** Returns a fault of the vendor. It expires all tokens, because the vendor is asked only for a new lease. */
function lasting(kind: string, order: GatewayFaultOrder): Fault {
  return {
    kind,
    target: "vendor",
    lasts: [4, 12],
    async begin({ deployment: { sandbox } }) {
      await sandbox.failGateway({ ...order, times: order.times ?? "always" });
      await sandbox.tokens({ expire: true });
      return () => sandbox.heal("gateway");
    },
  };
}

/**
 * The vendor's answers lead elsewhere. A folder whose destination is fixed stops until the vendor
 * leads back and a person retries; a folder that begins meanwhile is stored there.
 */
export const vendorMoves: Fault = {
  kind: "vendor-moves",
  target: "vendor",
  lasts: [4, 12],
  async begin({ deployment: { sandbox, api }, targets }) {
    await sandbox.moveVendor({ vendor: "kongur", prefix: MOVED });
    await sandbox.tokens({ expire: true });
    return async () => {
      await sandbox.heal("gateway");
      await sandbox.tokens({ expire: true });
      const what = { code: "DESTINATION_CHANGED" as const };
      await Promise.all(targets.map(({ importId }) => api.retry(importId, what).catch(passOver)));
    };
  },
};

export const vendorFaults: readonly Fault[] = [
  lasting("vendor-down", { mood: "down" }),
  lasting("vendor-unavailable", { mood: "unavailable" }),
  lasting("vendor-reset", { mood: "reset" }),
  lasting("vendor-throttled", { mood: "throttled", banSeconds: 5, times: 2 }),
  lasting("vendor-slow", { mood: "slow", delayMs: 3000 }),
  lasting("vendor-malformed", { mood: "malformed" }),
  vendorMoves,
];
