import { z } from "zod";
import { atMost } from "../at-most.ts";
import { plainText, plainWord } from "../text/plain-text.ts";
import { counts } from "./counters.ts";
import { errorView } from "./error-views.ts";
import { folderRequest } from "./folders.ts";
import { pageOf, pageQuery } from "./pages.ts";
import { pause } from "./pause.ts";
import { importStatus } from "./states.ts";
import { trial } from "./trial.ts";
import { wait } from "./waits.ts";

const identifier = plainWord(200);

/**
 * How many suits of an import its view names. A case may have ten thousand, and the view is sent for
 * each change of the import, to everybody who follows it.
 */
export const SUITS_IN_VIEW = 100;

const timestamp = z.iso.datetime();

/** How many suits one import may name. */
const MOST_SUITS = 10_000;
/** How many folders one import may have. */
const MOST_FOLDERS = 10_000;

export const importRequest = z
  .strictObject({
    entrust_id: identifier.optional().describe("The mandate to a firm or lawyer"),
    suit_ids: atMost(MOST_SUITS, z.array(identifier).max(MOST_SUITS))
      .default([])
      .describe(
        "The suits of the case. Suits named in `folders` are added, so that the import can be found by them too",
      ),
    folders: atMost(MOST_FOLDERS, z.array(folderRequest).min(1).max(MOST_FOLDERS)),
    why: plainWord(2000).optional().describe("For the record"),
  })
  .meta({ id: "ImportRequest" });
export type ImportRequest = z.output<typeof importRequest>;

export const importView = z
  .object({
    import_id: z.uuid(),
    trial,
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
    warnings: z
      .array(z.object({ ...errorView.shape, files: z.int().nonnegative() }))
      .describe("What doesn't keep the import from being sealed, but should be checked"),
  })
  .meta({ id: "Import" });
export type ImportView = z.output<typeof importView>;

export const importPage = pageOf(importView).meta({ id: "ImportPage" });

export const suitPage = pageOf(z.string()).meta({ id: "SuitPage" });

export const importQuery = pageQuery.extend({
  id: z
    .string()
    .regex(/^[0-9a-f-]{6,36}$/i, "it has to be at least six characters of an import_id")
    .optional()
    .describe("Only imports whose `import_id` begins or ends with this"),
  suit_id: plainText(200).optional(),
  entrust_id: plainText(200).optional(),
  status: importStatus.optional(),
});
