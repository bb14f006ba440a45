import { z } from "zod";
import { atMost } from "../../at-most.ts";
import { plainText, plainWord } from "../../text/plain-text.ts";
import { may } from "../access/may.ts";
import { errorView, failureAction, retryHelps } from "../error-views.ts";
import { examples } from "../examples.ts";
import { rate } from "../fleet/rates.ts";
import { moment } from "../moment.ts";
import { pageOf, pageQuery, repeatable } from "../pages.ts";
import { stampView } from "../register.ts";
import { trial } from "../trial.ts";
import { verificationView } from "../verifications.ts";
import { callback, callbackView } from "../webhooks.ts";
import { counts } from "./counters.ts";
import { folderRequest } from "./folders.ts";
import { labelChanges, labels, labelText, priority, startAt, title } from "./import-names.ts";
import { pause } from "./pause.ts";
import { importStatus, importStatuses } from "./states.ts";
import { wait } from "./waits.ts";

const identifier = plainWord(200);

/**
 * How many suits of an import its view names. A case may have ten thousand, and the view is sent for
 * each change of the import, to everybody who follows it.
 */
export const SUITS_IN_VIEW = 100;

const timestamp = z.iso.datetime();

/** What an import's view says of its seal; `/v1/imports/{id}/seal` says the rest. */
const sealOfImport = z
  .object({
    number: z.int().positive().describe("Its place in the register"),
    digest: z.string().describe("SHA-256 of its text"),
    root: z.string().describe("The root of the tree of its receipts"),
    signed: z.boolean(),
    stamps: z
      .array(stampView.omit({ error: true }))
      .describe("A row for each authority that is, or was, to stamp it"),
  })
  .meta({ id: "SealOfImport" });

/** What an import's view says of a verification; `/v1/verifications/{number}` says the rest. */
const verifiedOfImport = verificationView
  .pick({ number: true, against: true, by: true })
  .extend({
    sample: z.int().positive().nullable().describe("How many receipts were picked; null for all"),
    at: timestamp.describe("When it ended"),
    outcome: z.enum(["same", "differs", "unreadable"]),
  })
  .meta({ id: "VerifiedOfImport" });

/** How many suits one import may name. */
const MAX_SUITS = 10_000;
/** How many folders one import may have. */
const MAX_FOLDERS = 10_000;

export const importRequest = z
  .strictObject({
    entrust_id: identifier.optional().describe("The mandate to a firm or lawyer"),
    suit_ids: atMost(MAX_SUITS, z.array(identifier).max(MAX_SUITS))
      .default([])
      .describe(
        "The suits of the case. Suits named in `folders` are added, so that the import can be found by them too",
      ),
    folders: atMost(MAX_FOLDERS, z.array(folderRequest).min(1).max(MAX_FOLDERS)),
    title: title.optional().describe("What people call it"),
    labels: labels
      .optional()
      .describe("What people file it under, by key: at most 20, found by `label=key:value`"),
    priority: priority.optional(),
    start_at: startAt
      .optional()
      .describe(
        "When its sources are walked and sending begins, at most 366 days ahead; until then it waits, and can be changed or cancelled. Default: at once",
      ),
    callback: callback.optional(),
    amends: z
      .uuid()
      .optional()
      .describe(
        "The sealed import that this one adds to: a sealed import is never opened again. The new seal names the other one",
      ),
    why: plainWord(2000).optional().describe("For the record"),
  })
  .meta({ id: "ImportRequest", examples: [examples.importRequest] });
export type ImportRequest = z.output<typeof importRequest>;

/** What may be changed of an import at any time; what isn't named stays. */
export const changeRequest = z
  .strictObject({
    title: title.nullable().optional().describe("Null removes it"),
    labels: labelChanges
      .optional()
      .describe("The labels to set; null removes one, and those that aren't named stay"),
    priority: priority.optional(),
    set_aside: z
      .boolean()
      .optional()
      .describe(
        "Whether nothing of the import counts for its case; only for one that is sealed or cancelled",
      ),
    start_at: startAt
      .nullable()
      .optional()
      .describe("Another start for an import that still waits for its own; null: at once"),
    why: plainWord(2000).optional().describe("For the record"),
  })
  .refine(({ why, ...changes }) => Object.values(changes).some((value) => value !== undefined), {
    error: "nothing is named that is to change",
  })
  .meta({ id: "ChangeRequest" });
export type ChangeRequest = z.output<typeof changeRequest>;

export const importView = z
  .object({
    import_id: z.uuid(),
    trial,
    may,
    status: importStatus,
    paused: pause
      .nullable()
      .describe("Set while the import is paused: none of its jobs run, and its status stays"),
    paused_vendors: z
      .array(z.object({ vendor: z.string(), ...pause.shape }))
      .describe("The paused vendors that its unfinished folders are waiting for"),
    entrust_id: z.string().nullable(),
    suit_ids: z
      .array(z.string())
      .describe("The first 100 of its suits; `/v1/imports/{id}/suits` has all"),
    suit_ids_total: z.int().nonnegative().describe("How many suits it has"),
    title: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
    priority,
    set_aside: z.boolean().describe("Nothing of it counts for its case"),
    start_at: timestamp.nullable().describe("When it is to start, or was; null: at once"),
    amends: z.uuid().nullable().describe("The sealed import that it adds to"),
    amended_by: z.array(z.uuid()).describe("The imports that add to it, the oldest first"),
    seal: sealOfImport.nullable().describe("Its seal; null until it has one"),
    verified: z
      .array(verifiedOfImport)
      .describe("The last verification of each kind that has ended, the latest first"),
    created_by: z.string().nullable().describe("Who created it, by the audit log"),
    vendors: z.array(z.string()).describe("The vendors of its folders"),
    callback: callbackView
      .nullable()
      .describe("Where its own events are sent; null if it names no `callback`, or it is removed"),
    ...counts.shape,
    sending_bytes: z
      .int()
      .nonnegative()
      .describe("How much of the files in transit has been sent; about a second old"),
    seconds: z.number().nonnegative().describe("From the request until the end, or until now"),
    created_at: timestamp,
    updated_at: timestamp,
    finished_at: timestamp.nullable(),
    errors: z
      .array(
        z.object({
          ...errorView.shape,
          files: z.int().nonnegative(),
          failed: z.int().nonnegative().describe("How many of `files` need somebody"),
          waiting: z
            .int()
            .nonnegative()
            .describe("How many of `files` are tried again by themselves"),
          action: failureAction,
          retry_helps: retryHelps,
          folders: z.int().nonnegative().describe("How many of `files` are folders"),
          stands_for: z
            .int()
            .nonnegative()
            .nullable()
            .describe(
              "The number of files in those folders; null if it isn't known for all of them",
            ),
        }),
      )
      .describe("What went wrong, one entry per code, the most frequent first"),
    waiting: z
      .array(wait)
      .describe(
        "What it is waiting for, the longest wait first. It goes on by itself unless the message says what to do",
      ),
    moving: z.boolean().describe("Whether there was any progress in the last few seconds"),
    idle_seconds: z
      .number()
      .nonnegative()
      .nullable()
      .describe("For how long nothing of it has moved; null when nothing runs any more"),
    files_per_second: rate.shape.files_per_second
      .nullable()
      .describe(
        "Files that were done with, over the last minute; null for its first seconds, and when nothing runs any more",
      ),
    bytes_per_second: rate.shape.bytes_per_second
      .nullable()
      .describe("The same in bytes that were proved or, of files in transit, sent"),
    left_seconds: z
      .int()
      .nonnegative()
      .nullable()
      .describe(
        "How long it will go on at this speed; null while its sources are being walked, while it is paused, and while nothing moves",
      ),
    failed_folders: z
      .int()
      .nonnegative()
      .describe("How many of its folders couldn't be walked or have files that failed"),
    warnings: z
      .array(z.object({ ...errorView.shape, files: z.int().nonnegative() }))
      .describe("What doesn't keep the import from being sealed, but should be checked"),
  })
  .meta({ id: "Import", examples: [examples.import] });
export type ImportView = z.output<typeof importView>;

export const importPage = pageOf(importView)
  .extend({
    totals: z
      .record(importStatus, z.int().nonnegative())
      .optional()
      .describe(
        "With `totals=true`: how many imports of each status the other filters let through",
      ),
  })
  .meta({ id: "ImportPage" });

export const suitPage = pageOf(z.string()).meta({ id: "SuitPage" });

export const importQuery = pageQuery.extend({
  id: z
    .string()
    .regex(/^[0-9a-f-]{6,36}$/i, "it has to be at least six characters of an import_id")
    .optional()
    .describe("Only imports whose `import_id` begins or ends with this"),
  suit_id: plainText(200).optional(),
  entrust_id: plainText(200).optional(),
  status: z
    .union([z.string(), z.array(z.string())])
    .transform((given) => [given].flat().flatMap((text) => text.split(",")))
    .pipe(z.array(importStatus))
    .optional()
    .describe(`Only imports of these statuses, separated by commas: ${importStatuses.join(", ")}`),
  title: plainText(200).optional().describe("Only imports whose title has this in it, in any case"),
  label: repeatable(labelText)
    .optional()
    .describe("Only imports with this label, as `key:value`; repeated, with all of them"),
  q: plainText(200)
    .optional()
    .describe("Only imports whose `entrust_id`, id, title or one of whose suits begins with this"),
  vendor: plainText(200).optional().describe("Only imports with a folder of this vendor"),
  created_by: plainText(200).optional().describe("Only imports that this person or key created"),
  scheduled: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional()
    .describe("Only imports that wait for their start (`start_at`); with `false` only the others"),
  created_after: moment.optional(),
  created_before: moment.optional(),
  sort: z
    .enum(["newest", "oldest"])
    .optional()
    .describe(
      "By creation, so that no page misses or repeats an import that changes. Default: `newest`",
    ),
  totals: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional()
    .describe("Whether to count all imports that match, by status, whatever `status` says"),
});
