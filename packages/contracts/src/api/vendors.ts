import { z } from "zod";
import { pause } from "./pause.ts";
import { trial } from "./trial.ts";
import { wait } from "./waits.ts";

/** Where a configuration has a vendor. */
export interface VendorPlace {
  readonly gateway: string;
  /** Null where the vendor's answers say it. */
  readonly endpoint: string | null;
  readonly bucket: string | null;
}

/** How a vendor stands, by what the fleet's calls to it came to. */
export const vendorState = z
  .object({
    vendor: z.string(),
    state: z
      .enum(["ok", "failing", "throttled", "open", "half-open"])
      .describe(
        "failing: its latest call failed, and not for one folder alone: see last_error; throttled: it asked for a pause; open: it failed several times in a row and is left alone; half-open: the next call tries whether it is back",
      ),
    paused: pause
      .optional()
      .describe("Set while a person has paused it: it isn't asked, whatever its state"),
    waiting: z
      .array(wait)
      .optional()
      .describe("What work for it stands still for, in any import, the longest wait first"),
    until: z.iso.datetime().optional().describe("When it is asked again"),
    last_error_code: z.string().optional().describe("Of the latest call that failed"),
    last_error: z.string().optional(),
    leases: z.int().describe("Leases that haven't ended"),
    calls: z.int().describe("Calls made lately"),
    refusals: z.int().describe("Calls and folders that it refused lately"),
  })
  .meta({ id: "VendorState" });
export type VendorState = z.output<typeof vendorState>;

export const vendorList = z
  .object({
    scope: z
      .enum(["fleet", "process"])
      .describe(
        "Whose calls the states and numbers tell of: `process` is the API's own alone, which asks no vendor; so it is where Redis is used without EXHIBIT_LEASE_KEY",
      ),
    trial,
    items: z.array(vendorState),
  })
  .meta({ id: "VendorList" });
export type VendorList = z.output<typeof vendorList>;
