import { z } from "zod";
import { atMost } from "../at-most.ts";
import { plainWord } from "../text/plain-text.ts";
import { errorView } from "./error-views.ts";
import { examples } from "./examples.ts";
import { folderSelector } from "./imports/folders.ts";

/** Suits that a check may name. */
const MAX_SUITS = 1000;

export const vendorCheckRequest = z
  .strictObject({
    folder: folderSelector.describe("The vendor's name of the folder to ask for"),
    entrust_id: plainWord(200).optional(),
    suit_ids: atMost(MAX_SUITS, z.array(plainWord(200)).max(MAX_SUITS)).default([]),
  })
  .meta({ id: "VendorCheckRequest", examples: [examples.vendorCheckRequest] });
export type VendorCheckRequest = z.output<typeof vendorCheckRequest>;
export type VendorCheckRequestInput = z.input<typeof vendorCheckRequest>;

/** A step of a check. */
export const checkStep = z.object({
  step: z
    .enum(["name", "lease", "store"])
    .describe(
      "name: the vendor can name such a folder; lease: it opens it; store: OSS accepts the lease",
    ),
  outcome: z.enum(["passed", "failed", "skipped"]).describe("skipped: a step before it failed"),
  message: z.string().nullable(),
  error: errorView.nullable(),
});
export type CheckStep = z.output<typeof checkStep>;

const ability = z.object({
  answer: z.enum(["yes", "no", "unknown"]),
  code: z.string().nullable().describe("OSS's code for why not, or ours where OSS gave none"),
});

/** What a lease may do besides storing. */
const leaseAbilities = z.object({
  list: ability.describe("List what is below its prefix"),
  read: ability.describe("Look at objects, and read them (HEAD and GET: oss:GetObject)"),
  keep: ability
    .extend({
      retention: z
        .string()
        .describe("What the bucket keeps, as `import.json` of a seal says it, or `unknown`"),
    })
    .describe(
      "Whether the bucket itself keeps what is stored; unknown also where that is left to what somebody does later",
    ),
});
export type LeaseAbilities = z.output<typeof leaseAbilities>;

export const vendorCheck = z
  .object({
    vendor: z.string(),
    passed: z.boolean(),
    steps: z.array(checkStep),
    lease: z
      .object({
        folder: z
          .record(z.string(), z.string())
          .describe("With the keys of one file, where the vendor opens files one by one"),
        lease_id: z.string(),
        endpoint: z.string(),
        region: z.string(),
        bucket: z.string(),
        prefix: z.string(),
        prefixes: z.array(z.string()).describe("Everything that it opens"),
        expires_at: z.iso.datetime(),
        assumed_utc: z
          .string()
          .optional()
          .describe("The vendor's own text of the end, if it names no zone and is taken for UTC"),
      })
      .nullable()
      .describe("What was opened; a lease is no secret without its credentials, which stay inside"),
    probe: z
      .object({
        outcome: z
          .enum(["absent", "present", "unreadable"])
          .describe(
            "unreadable: the policy doesn't allow oss:GetObject, so that existing objects can't be compared",
          ),
        key: z.string(),
        request_id: z.string().nullable(),
      })
      .nullable(),
    may: leaseAbilities
      .optional()
      .describe(
        "What the lease may do besides storing, which no step needs; absent where OSS doesn't accept it",
      ),
  })
  .meta({ id: "VendorCheck", examples: [examples.vendorCheck] });
export type VendorCheckView = z.output<typeof vendorCheck>;
