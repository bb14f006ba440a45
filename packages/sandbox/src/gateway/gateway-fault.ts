import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { TopError, topError } from "./top-error.ts";
import { vendorNames } from "./vendors/index.ts";

/**
 * What can go wrong with a gateway:
 * - `denied`: code 11, the app may not call this API
 * - `throttled`: code 7 with a ban of `banSeconds`
 * - `unavailable`: code 15 with an `isp.` sub-code, the vendor's service doesn't answer
 * - `down`: HTTP 502 with a page of HTML
 * - `reset`: the connection is cut
 * - `malformed`: JSON that ends in the middle
 * - `slow`: the right answer, `delayMs` late
 * - `error`: an `error_response` with the given code
 *
 * The IoT gateway says the same in its own words: see `iot-gateway.ts`.
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
  /** Whom it strikes; without it, all vendors. */
  vendor: z.enum(vendorNames).optional(),
  mood: z.enum(gatewayMoods),
  times: z.union([z.int().positive(), z.literal("always")]).default(1),
  /** Calls that pass before it begins. */
  skip: z.int().nonnegative().default(0),
  banSeconds: z.number().nonnegative().default(1),
  delayMs: z.number().nonnegative().default(1000),
  /** For the mood `error`. */
  code: z.int().default(15),
  message: z.string().default("Remote Service Error"),
  subCode: z.string().optional(),
  subMessage: z.string().optional(),
});
export type GatewayFault = z.output<typeof gatewayFault>;
export type GatewayFaultOrder = z.input<typeof gatewayFault>;

/** What becomes of a struck call: the right answer after all, an error, or none that can be read. */
export type Mischief = "none" | "down" | "reset" | "malformed";

/** Carries a fault out. Throws `TopError` for the moods that answer with one. */
export async function misbehave(fault: GatewayFault, signal: AbortSignal): Promise<Mischief> {
  switch (fault.mood) {
    case "denied":
      throw topError(
        11,
        "isv.permission-api-package-limit",
        "The app has no right to call this API",
      );
    case "throttled":
      throw topError(
        7,
        "accesscontrol.limited-by-app-access-count",
        `This ban will last for ${fault.banSeconds} more seconds`,
      );
    case "unavailable":
      throw topError(15, "isp.top-remote-service-unavailable", "The service can't be reached");
    case "error":
      throw new TopError(fault.code, fault.message, fault.subCode, fault.subMessage);
    case "slow":
      await pause(fault.delayMs, undefined, { signal });
      return "none";
    case "down":
    case "reset":
    case "malformed":
      return fault.mood;
  }
}
