import { z } from "zod";
import { atMost } from "../../at-most.ts";
import { plainText } from "../../text/plain-text.ts";
import { errorView } from "../error-views.ts";
import { examples } from "../examples.ts";
import { pageOf } from "../pages.ts";
import { trial } from "../trial.ts";
import { counts } from "./counters.ts";
import { source } from "./sources.ts";

/** How many keys name a folder. No vendor has more than four. */
const MAX_KEYS = 10;

/** A vendor's name of a folder, such as `{"suit_id":"1001"}`; each vendor checks its own keys. */
export const folderSelector = atMost(MAX_KEYS, z.record(plainText(64), plainText(500)));
export type FolderSelector = z.output<typeof folderSelector>;

export const folderRequest = z
  .strictObject({
    vendor: plainText(200).min(1).describe("A configured vendor, such as `kongur`"),
    folder: folderSelector.describe(
      'The vendor\'s name of the folder, such as `{"suit_id":"1001"}`',
    ),
    source,
  })
  .meta({ id: "FolderRequest" });
export type FolderRequest = z.output<typeof folderRequest>;

/** Where a folder's files go. */
export const destination = z
  .object({ endpoint: z.string(), bucket: z.string(), prefix: z.string() })
  .meta({ id: "Destination" });
export type Destination = z.output<typeof destination>;

export const folderView = z
  .object({
    folder_id: z.string(),
    trial,
    vendor: z.string(),
    folder: z.record(z.string(), z.string()),
    source,
    status: z.enum(["planning", "storing", "done", "attention", "cancelled"]),
    ...counts.shape,
    endpoint: z
      .string()
      .nullable()
      .describe(
        "Where its files go, known from the first lease on. Only a person can change it; each file records its own",
      ),
    bucket: z.string().nullable(),
    prefix: z.string().nullable(),
    offered: destination
      .nullable()
      .describe(
        "Where a later lease would send the files instead (DESTINATION_CHANGED). Nothing was sent there; a person may accept it",
      ),
    error: errorView.nullable().describe("Why its source couldn't be planned"),
    compared_with: z
      .string()
      .nullable()
      .describe(
        "The folder_id of the last import from the same source to the same destination, if any",
      ),
    vanished: z
      .int()
      .nonnegative()
      .nullable()
      .describe("Files stored by that import that no longer exist in the source"),
  })
  .meta({ id: "Folder", examples: [examples.folder] });
export type FolderView = z.output<typeof folderView>;

export const folderPage = pageOf(folderView).meta({ id: "FolderPage" });
