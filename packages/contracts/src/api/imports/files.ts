import { z } from "zod";
import { errorCode } from "../../errors/error-code.ts";
import { identicalBy } from "../../object-proof.ts";
import { anyPath } from "../../text/plain-text.ts";
import { errorView } from "../error-views.ts";
import { pageOf, pageQuery } from "../pages.ts";
import { trial } from "../trial.ts";
import { fileState, fileStates, importStatus, skippedAs } from "./states.ts";

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
    identical_by: z
      .enum(identicalBy)
      .nullable()
      .describe(
        "What proves that an object which was there already is the file: its ETag as the file's MD5, an earlier receipt of this very object, its bytes, or only its size and CRC64. Null for a stored file, which the write proves, and for files of an earlier release, which compared size and CRC64",
      ),
    retained_until: timestamp
      .nullable()
      .describe(
        "Until when OSS keeps the object from being deleted or overwritten; only where it was asked to and has agreed",
      ),
    sha256: z.string().nullable().describe("64 lowercase hexadecimal digits"),
    sm3: z
      .string()
      .nullable()
      .describe(
        "64 lowercase hexadecimal digits; only where the deployment digests by SM3 as well",
      ),
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
const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/i, "a SHA-256 is 64 hexadecimal digits")
  .transform((text) => text.toLowerCase());

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
  prefix: anyPath(4096).optional().describe("Only files whose path begins with this"),
  q: anyPath(200).optional().describe("Only files whose path has this in it, in any case"),
  sha256: sha256.optional().describe("Only files with these bytes"),
});

/** The members of a file that a list can be limited to. */
const fileField = z.enum(Object.keys(fileView.shape) as [keyof FileView, ...(keyof FileView)[]]);

export const fileQuery = pageQuery.extend({
  ...fileFilter.shape,
  start: anyPath(4096)
    .optional()
    .describe(
      "The first path to list of each folder, whether it exists or not; paths are in the order of their UTF-8 bytes",
    ),
  fields: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(fileField))
    .optional()
    .describe(
      "Only these members of each file, separated by commas, such as `path,state,size`; the others are absent then",
    ),
});

/** Which files are found by their bytes, in all imports. */
export const foundFilesQuery = pageQuery.extend({ sha256 });

/** A file with the import that it belongs to. */
export const foundFile = fileView
  .extend({
    import_id: z.uuid(),
    entrust_id: z.string().nullable(),
    import_status: importStatus,
    vendor: z.string(),
    folder: z.record(z.string(), z.string()),
  })
  .meta({ id: "FoundFile" });
export type FoundFile = z.output<typeof foundFile>;
export const foundFilePage = pageOf(foundFile).meta({ id: "FoundFilePage" });

/** Folders of a source, with how many entries lie below each. */
export const treeQuery = pageQuery.extend({
  prefix: anyPath(4096)
    .refine((text) => text.endsWith("/"), { error: "it has to end with a slash" })
    .optional()
    .describe("The folder whose folders are listed, with a slash at its end; default: the source"),
});
const treeCounts = {
  entries: z.int().nonnegative().describe("Files, and what was skipped"),
  failed: z.int().nonnegative().describe("How many of them have failed"),
};
export const treePage = pageOf(
  z
    .object({
      name: z.string(),
      prefix: z.string().describe("Its path with a slash at its end, for `prefix`"),
      ...treeCounts,
    })
    .meta({ id: "TreeFolder" }),
)
  .extend({ direct: z.object(treeCounts).describe("What lies in `prefix` itself") })
  .meta({ id: "TreePage" });
export type TreePage = z.output<typeof treePage>;

/** The query of an export, which has no pages. */
export const fileExportQuery = fileFilter;
export const csvExportQuery = fileFilter.extend({
  bom: z
    .enum(["true", "false"])
    .default("true")
    .transform((text) => text === "true")
    .describe("Whether it begins with a byte order mark, by which Excel recognizes UTF-8"),
});
