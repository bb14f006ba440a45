import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { vendorNames } from "./vendors/index.ts";

/**
 * The ways in which a gateway can fail:
 * - `denied`: code 11, the app may not call this API
 * - `throttled`: code 7 with a ban of `banSeconds`
 * - `unavailable`: code 15 with an `isp.` sub-code, the vendor's service doesn't respond
 * - `down`: HTTP 502 with a page of HTML
 * - `reset`: the connection is cut
 * - `malformed`: JSON that ends in the middle
 * - `slow`: the right response, `delayMs` late
 * - `error`: an `error_response` with the given code
 *
 * The first three and `error` are here in the words of TOP; `iot/iot-fault.ts` has those of the IoT
 * gateway.
 */
const gatewayMoods = [
  "denied",
  "throttled",
  "unavailable",
  "down",
  "reset",
  "malformed",
  "slow",
  "error",
] as const;

export const gatewayFault = z.strictObject({
  /** The vendor that it applies to. @defaultValue all vendors */
  vendor: z.enum(vendorNames).optional(),
  mood: z.enum(gatewayMoods),
  times: z.union([z.int().positive(), z.literal("always")]).default(1),
  /** Calls that pass before it applies. */
  skip: z.int().nonnegative().default(0),
  banSeconds: z.number().nonnegative().default(1),
  delayMs: z.number().nonnegative().default(1000),
  /** The four members below are for the mood `error`. */
  code: z.int().default(15),
  message: z.string().default("Remote Service Error"),
  subCode: z.string().optional(),
  subMessage: z.string().optional(),
});
export type GatewayFault = z.output<typeof gatewayFault>;
export type GatewayFaultOrder = z.input<typeof gatewayFault>;

/** What a fault does to a response: nothing, an error page, a cut connection, or half a document. */
export type FaultEffect = "none" | "down" | "reset" | "malformed";

/** A fault whose response is an error, which each gateway says in its own protocol. */
export type RefusingFault = GatewayFault & {
  mood: Exclude<GatewayFault["mood"], FaultEffect | "slow">;
};

/** Applies the fault of a call, if it has one. Throws what `refusalOf` returns for a refusing one. */
export async function applyFault(
  fault: GatewayFault | undefined,
  refusalOf: (fault: RefusingFault) => Error,
  signal: AbortSignal,
): Promise<FaultEffect> {
  if (fault === undefined) return "none";
  const { mood } = fault;
  switch (mood) {
    case "slow":
      await pause(fault.delayMs, undefined, { signal });
      return "none";
    case "down":
    case "reset":
    case "malformed":
      return mood;
    case "denied":
    case "throttled":
    case "unavailable":
    case "error":
      throw refusalOf({ ...fault, mood });
  }
}
