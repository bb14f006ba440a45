import { z } from "zod";
import { anyPath } from "../text/plain-text.ts";
import { examples } from "./examples.ts";
import { importStatus } from "./imports/states.ts";

/** Folders in one page of a list of sources. */
const MAX_FOLDERS = 1000;

export const sourceQuery = z.strictObject({
  path: anyPath(4096)
    .optional()
    .describe("The folder to look into. Default: the folders that may be imported from"),
  limit: z.coerce.number().int().min(1).max(MAX_FOLDERS).default(100),
  after: z.string().max(1024).optional().describe("`next` of the page before"),
});

/** A folder that an import may name as its source. */
export const sourceFolder = z
  .object({
    path: z.string().describe("As an import names it"),
    name: z.string(),
    files: z
      .int()
      .nonnegative()
      .nullable()
      .describe("Files right in it; null if a worker couldn't count them in time, or at all"),
    folders: z.int().nonnegative().nullable().describe("Folders right in it"),
    counted_all: z
      .boolean()
      .describe("False: the first 1,000 entries were counted, and there are more"),
    last_import: z
      .object({
        import_id: z.uuid(),
        status: importStatus,
        created_at: z.iso.datetime(),
      })
      .nullable()
      .describe("The last import of this very path that you may see"),
  })
  .meta({ id: "SourceFolder" });
export type SourceFolder = z.output<typeof sourceFolder>;

export const sourceFolders = z
  .object({
    path: z.string().nullable().describe("The folder that was looked into; null for the roots"),
    items: z.array(sourceFolder).describe("In the order of their names"),
    next: z.string().nullable(),
    complete: z
      .boolean()
      .describe("False: only the first 100,000 entries of the folder were looked at"),
    unnamed: z
      .int()
      .nonnegative()
      .describe("Folders whose names aren't UTF-8, so that no import can name them: import `path`"),
  })
  .meta({ id: "SourceFolders", examples: [examples.sourceFolders] });
export type SourceFolders = z.output<typeof sourceFolders>;

/** What a worker sees of it; the imports are the ledger's. */
export const seenFolders = sourceFolders.extend({
  items: z.array(sourceFolder.omit({ last_import: true })),
});
export type SeenFolders = z.output<typeof seenFolders>;
