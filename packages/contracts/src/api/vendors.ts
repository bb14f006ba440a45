import { z } from "zod";
import { may } from "./access/may.ts";
import { examples } from "./examples.ts";
import { pause } from "./imports/pause.ts";
import { wait } from "./imports/waits.ts";
import { trial } from "./trial.ts";

/** Where a configured vendor's gateway and bucket are. */
export interface VendorPlace {
  readonly gateway: string;
  /** Null if only the vendor's answers say it. */
  readonly endpoint: string | null;
  readonly bucket: string | null;
}

/** A vendor's state, by the results of the fleet's calls to it. */
export const vendorState = z
  .object({
    vendor: z.string(),
    state: z
      .enum(["ok", "failing", "throttled", "open", "half-open"])
      .describe(
        "failing: the latest call failed, and not just for one folder (see last_error); throttled: the vendor asked us to slow down; open: several calls failed in a row, so it isn't called for a while; half-open: the next call probes whether it is back",
      ),
    paused: pause
      .optional()
      .describe("Set while the vendor is paused by a person: it isn't called, whatever its state"),
    waiting: z
      .array(wait)
      .optional()
      .describe(
        "What work for this vendor is waiting for, in any import within your scope, the longest wait first",
      ),
    waiting_files: z
      .int()
      .nonnegative()
      .optional()
      .describe(
        "How many files that were found are still to be stored for it, in imports within your scope that run",
      ),
    waiting_imports: z
      .int()
      .nonnegative()
      .optional()
      .describe("In how many imports something is still to be read or stored for it"),
    until: z.iso.datetime().optional().describe("When it is called again"),
    last_error_code: z.string().optional().describe("The code of the latest failed call"),
    last_error: z
      .string()
      .optional()
      .describe("Told to those alone whose scope has no limits: it may be about others' folders"),
    leases: z.int().describe("How many leases haven't expired"),
    calls: z.int().describe("How many calls were made recently"),
    refusals: z.int().describe("How many calls and folders were refused recently"),
    may,
  })
  .meta({ id: "VendorState", examples: [examples.vendorState] });
export type VendorState = z.output<typeof vendorState>;

export const vendorList = z
  .object({
    scope: z
      .enum(["fleet", "process"])
      .describe(
        "Whose calls the states and numbers cover. `process` means only the API's own process, which calls no vendor: that is so with Redis but without EXHIBIT_LEASE_KEY",
      ),
    trial,
    items: z.array(
      vendorState.extend({
        folder_schema: z
          .record(z.string(), z.unknown())
          .optional()
          .describe("How it names a folder (`folder` of an import), as JSON Schema"),
        folder_example: z.record(z.string(), z.string()).optional(),
      }),
    ),
  })
  .meta({ id: "VendorList" });
export type VendorList = z.output<typeof vendorList>;
