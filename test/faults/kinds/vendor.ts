import type { GatewayFaultOrder } from "@exhibit/sandbox";
import type { Fault } from "../fault.ts";

/** The vendor is asked for a lease only when there is none: so those that are held end with it. */
function spell(kind: string, order: GatewayFaultOrder): Fault {
  return {
    kind,
    target: "vendor",
    lasts: [4, 12],
    async begin({ house: { sandbox } }) {
      await sandbox.failGateway({ ...order, times: order.times ?? "always" });
      await sandbox.tokens({ expire: true });
      return () => sandbox.heal("gateway");
    },
  };
}

export const vendorFaults: readonly Fault[] = [
  spell("vendor-down", { mood: "down" }),
  spell("vendor-unavailable", { mood: "unavailable" }),
  spell("vendor-reset", { mood: "reset" }),
  spell("vendor-throttled", { mood: "throttled", banSeconds: 5, times: 2 }),
  spell("vendor-slow", { mood: "slow", delayMs: 3000 }),
  spell("vendor-malformed", { mood: "malformed" }),
];
