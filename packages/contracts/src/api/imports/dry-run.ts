import { z } from "zod";
import { errorView } from "../error-views.ts";
import { examples } from "../examples.ts";
import { trial } from "../trial.ts";
import { destination } from "./folders.ts";
import { source } from "./sources.ts";

const count = z.int().nonnegative();

/** Names of a kind, of which the first are told. */
const named = { files: count, paths: z.array(z.string()).describe("The first of them") };

export const dryRunFolder = z
  .object({
    vendor: z.string(),
    folder: z.record(z.string(), z.string()),
    source,
    files: count.describe("Files found that can be sent, as far as `complete` goes"),
    bytes: count,
    skipped: count.describe("Entries that aren't files: symbolic links, devices"),
    complete: z
      .boolean()
      .describe("False: the walk was ended at 100,000 entries, or when its time was over"),
    empty: z
      .object(named)
      .describe("Files without a byte, among `files`; they are sent as they are"),
    problems: z
      .array(z.object({ ...errorView.shape, ...named }))
      .describe("What wouldn't be sent as it is, one entry per code, the most frequent first"),
    error: errorView.nullable().describe("Why the source can't be walked"),
    place: destination.nullable().describe("Where a lease, taken for this, would send the files"),
    lease_ends_at: z.iso.datetime().nullable(),
    place_error: errorView.nullable().describe("Why there is no lease"),
    there: z
      .object({
        recorded: z
          .object({ looked_for: count, found: count, other_size: count })
          .describe(
            "By the ledger: how many of the first files an import that you may see has stored in this place, and of these, how many with another size, which is EVIDENCE_CONFLICT unless the object was removed",
          ),
        in_store: z
          .object({ looked_for: count, found: count, other_size: count, unreadable: z.boolean() })
          .describe(
            "By OSS: the same, asked for a few of them. `unreadable`: the policy doesn't allow looking",
          ),
      })
      .nullable()
      .describe("What is there already, of a sample; null without a place"),
  })
  .meta({ id: "DryRunFolder" });
export type DryRunFolder = z.output<typeof dryRunFolder>;

/** What an import would do, found out without writing anything. */
export const dryRun = z
  .object({
    trial,
    complete: z.boolean().describe("Whether all of each source was looked at"),
    files: count,
    bytes: count,
    problems: count.describe("Files that wouldn't be sent, and sources and places that fail"),
    folders: z.array(dryRunFolder).describe("In the order of the request"),
  })
  .meta({ id: "DryRun", examples: [examples.dryRun] });
export type DryRun = z.output<typeof dryRun>;

export const createQuery = z.strictObject({
  dry_run: z
    .enum(["true", "false"])
    .optional()
    .describe(
      "`true`: find out what the import would do, and create nothing. The response is then a DryRun, with 200, as that of `POST /v1/dry-runs`",
    ),
});
