import { z } from "zod";
import { errorCode } from "../../errors/error-code.ts";
import { errorView } from "../error-views.ts";
import { pageOf, pageQuery } from "../pages.ts";
import { trial } from "../trial.ts";
import { fileState, fileStates, skippedAs } from "./states.ts";

const timestamp = z.iso.datetime();

/** The worker that did something, for the record. */
export const workerView = z
  .object({
    host: z.string(),
    os_user: z.string().describe("The operating system's user that the worker ran as"),
    version: z.string().describe("The version of Exhibit"),
  })
  .meta({ id: "Worker" });
export type WorkerView = z.output<typeof workerView>;

/** A file; for `stored` and `identical` ones this is the receipt. */
export const fileView = z
  .object({
    file_id: z.string(),
    folder_id: z.string(),
    trial,
    path: z.string().describe("Relative to the folder's source, with `/` between its parts"),
    raw_path: z
      .string()
      .nullable()
      .describe(
        "Set if names on the disk aren't UTF-8: the path as it is there, with non-ASCII bytes of those names as `\\xff` and backslashes doubled",
      ),
    size: z.int().nonnegative(),
    modified_at: timestamp
      .nullable()
      .describe("According to its disk; null for years before 0 or after 9999: see `modified_ms`"),
    modified_ms: z.int().nullable().describe("The same time in milliseconds since 1970"),
    state: fileState,
    is_folder: z
      .boolean()
      .describe("A folder that failed as one entry: what is in it has no entries of its own"),
    stands_for: z
      .int()
      .nonnegative()
      .nullable()
      .describe("For a folder: the number of files in it; null for a file, or when it isn't known"),
    endpoint: z
      .string()
      .nullable()
      .describe(
        "Where its object is. Null for files stored by an earlier release, which kept only the folder's latest destination",
      ),
    bucket: z.string().nullable().describe("See `endpoint`"),
    key: z.string().nullable(),
    version_id: z
      .string()
      .nullable()
      .describe("The object's version, if the bucket keeps versions"),
    sha256: z.string().nullable().describe("64 lowercase hexadecimal digits"),
    crc64: z.string().nullable().describe("CRC-64/XZ in OSS's form: an unsigned decimal number"),
    etag: z.string().nullable(),
    request_id: z
      .string()
      .nullable()
      .describe(
        "OSS's id of the request that proves the object: the one that wrote it, or the one that found it",
      ),
    stored_at: timestamp
      .nullable()
      .describe(
        "By OSS's clock: when it answered the write, or the Last-Modified of the object that was found",
      ),
    lease_id: z.string().nullable(),
    worker: workerView.nullable().describe("The worker that read and sent it"),
    skipped_as: skippedAs.nullable().describe("What kind of entry was skipped"),
    error: errorView.nullable(),
    waived_by: z.string().nullable().describe("Who waived the file"),
    waived_why: z.string().nullable(),
    waived_at: timestamp.nullable(),
  })
  .meta({ id: "File" });
export type FileView = z.output<typeof fileView>;

export const filePage = pageOf(fileView).meta({ id: "FilePage" });
/** Which files of an import are listed; everything that is given has to match. */
const fileFilter = z.object({
  state: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(fileState))
    .optional()
    .describe(`Only files in one of these states, separated by commas: ${fileStates.join(", ")}`),
  code: errorCode.optional().describe("Only files whose error has this code"),
  folder_id: z.string().optional(),
});

export const fileQuery = pageQuery.extend(fileFilter.shape);

/** The query of an export, which has no pages. */
export const fileExportQuery = fileFilter;
export const csvExportQuery = fileFilter.extend({
  bom: z
    .enum(["true", "false"])
    .default("true")
    .transform((text) => text === "true")
    .describe("Whether it begins with a byte order mark, by which Excel recognizes UTF-8"),
});
