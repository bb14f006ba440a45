import { z } from "zod";
import { errorCode } from "../../errors/error-code.ts";
import { plainText } from "../../text/plain-text.ts";
import { errorView, failureAction, retryHelps } from "../error-views.ts";
import { importStatus } from "./states.ts";

/** By what failures can be grouped; `code` always is one of them. */
export const failureDimensions = ["code", "vendor", "import", "folder", "message"] as const;
export type FailureDimension = (typeof failureDimensions)[number];

const timestamp = z.iso.datetime();
const count = z.int().nonnegative();

/** Files, and whole sources, that failed alike or are waiting for the same. */
export const failureGroup = z
  .object({
    ...errorView.pick({ code: true, message: true, remedy: true }).shape,
    message: z.string().describe("The message of one of them"),
    pattern: z
      .string()
      .nullable()
      .describe(
        "By `message`: what their messages have in common, with `…` for the file's path and `#` for numbers",
      ),
    vendor: z.string().nullable().describe("Null where it isn't grouped by vendor"),
    import: z
      .object({
        import_id: z.uuid(),
        entrust_id: z.string().nullable(),
        title: z.string().nullable(),
        status: importStatus,
        paused: z.boolean(),
      })
      .nullable()
      .describe("Null where it isn't grouped by import"),
    folder_id: z.string().nullable().describe("Null where it isn't grouped by folder"),
    failed: count.describe("How many files need somebody"),
    waiting: count.describe("How many files are tried again by themselves"),
    sources: count.describe("How many folders' sources couldn't be walked"),
    imports: count.describe("In how many imports"),
    action: failureAction,
    retry_helps: retryHelps,
    first_at: timestamp
      .nullable()
      .describe("When the first of them was recorded; null for those of an earlier release"),
    last_at: timestamp.nullable(),
    samples: z
      .array(z.object({ file_id: z.string(), folder_id: z.string(), path: z.string() }))
      .describe("Up to two of the files: the first and the last that were planned"),
  })
  .meta({ id: "FailureGroup" });
export type FailureGroup = z.output<typeof failureGroup>;

export const failureGroups = z
  .object({
    items: z.array(failureGroup).describe("Those with the most files that need somebody first"),
    groups: count.describe("How many groups there are; beyond `limit` they aren't listed"),
    failed: count.describe("How many files of all groups need somebody"),
    waiting: count.describe("How many files of all groups are tried again by themselves"),
  })
  .meta({ id: "FailureGroups" });
export type FailureGroups = z.output<typeof failureGroups>;

function byQuery<const Default extends FailureDimension>(
  offered: readonly FailureDimension[],
  usual: Default[],
) {
  return z
    .string()
    .default(usual.join())
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(offered as [FailureDimension, ...FailureDimension[]])))
    .describe(
      `By what they are grouped beside their code, separated by commas: ${offered.join(", ")}. Default: \`${usual.join()}\``,
    );
}

const filter = {
  code: errorCode.optional().describe("Only failures with this code"),
  since: z.iso.datetime({ offset: true }).optional().describe("Only what was recorded since then"),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
};

/** How the failures of one import are grouped. */
export const errorGroupsQuery = z.object({
  by: byQuery(["code", "vendor", "folder", "message"], ["code"]),
  ...filter,
  folder_id: z.string().optional(),
});

/** How the failures of all imports are grouped. */
export const failureGroupsQuery = z.object({
  by: byQuery(failureDimensions, ["code", "vendor", "import"]),
  ...filter,
  vendor: plainText(200).optional().describe("Only failures in folders of this vendor"),
  entrust_id: plainText(200).optional(),
});
