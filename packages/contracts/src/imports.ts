import { z } from "zod";
import { errorCode } from "./error-code.ts";
import { errorCodes } from "./errors.ts";
import { type NameEncoding, nameEncodings } from "./names.ts";
import { anyPath, plainText, plainWord } from "./text.ts";
import { wait } from "./waits.ts";

export const importStatuses = [
  "planning",
  "storing",
  "sealing",
  "sealed",
  "attention",
  "cancelled",
] as const;
export const importStatus = z.enum(importStatuses);
export type ImportStatus = z.output<typeof importStatus>;

/** Nothing runs any more for an import in one of these. */
export const restingStatuses: ReadonlySet<ImportStatus> = new Set([
  "sealed",
  "attention",
  "cancelled",
]);

/**
 * `skipped` marks what lies in a source but isn't a file (a symbolic link, a device): it is on the record,
 * and counted apart.
 */
export const fileStates = [
  "planned",
  "stored",
  "identical",
  "failed",
  "waived",
  "skipped",
] as const;
export const fileState = z.enum(fileStates);
export type FileState = z.output<typeof fileState>;

/** What an entry of a source is that isn't a file. */
export const skippedAs = z.enum(["symlink", "loop", "fifo", "socket", "device", "other"]);
export type SkippedAs = z.output<typeof skippedAs>;

export const directorySource = z
  .strictObject({
    type: z.literal("directory"),
    path: anyPath(4096).describe(
      "Absolute path of a folder below one of the configured `sources.roots`",
    ),
    follow_symlinks: z
      .boolean()
      .optional()
      .describe(
        "Take what symbolic links lead to, as far as it lies below the configured `sources.roots`; else they are skipped",
      ),
    allow_empty: z
      .boolean()
      .optional()
      .describe(
        "It may hold no file at all; else an empty one fails with SOURCE_EMPTY, as it may be a share that isn't mounted",
      ),
    names: z
      .enum(Object.keys(nameEncodings) as [NameEncoding, ...NameEncoding[]])
      .optional()
      .describe(
        "How names are read that aren't UTF-8, such as `gb18030` for GBK; else they fail as `NAME_INVALID`",
      ),
  })
  .meta({ id: "DirectorySource" });

/** Where a folder's files come from. More kinds will be added as members of this union. */
export const source = z.discriminatedUnion("type", [directorySource]);
export type Source = z.output<typeof source>;

/** What names a folder at its vendor, such as `{"suit_id":"1001"}`; each vendor checks its own keys. */
export const folderSelector = z.record(plainText(200), plainText(1000));
export type FolderSelector = z.output<typeof folderSelector>;

const identifier = plainWord(200);

export const folderRequest = z
  .strictObject({
    vendor: plainText(200).min(1).describe("A vendor of the configuration, such as `kongur`"),
    folder: folderSelector.describe(
      'The vendor\'s name of the folder, such as `{"suit_id":"1001"}`',
    ),
    source,
  })
  .meta({ id: "FolderRequest" });
export type FolderRequest = z.output<typeof folderRequest>;

export const importRequest = z
  .strictObject({
    entrust_id: identifier.optional().describe("The mandate to a firm or lawyer"),
    suit_ids: z
      .array(identifier)
      .max(10_000)
      .default([])
      .describe(
        "The suits of the case; those of `folders` are added, so that the import is found by them, too",
      ),
    folders: z.array(folderRequest).min(1).max(10_000),
    why: plainWord(2000).optional().describe("For the record"),
  })
  .meta({ id: "ImportRequest" });
export type ImportRequest = z.output<typeof importRequest>;

/** Numbers of files and bytes; `files` = `planned` + `stored` + `identical` + `failed` + `waived`. */
export const counts = z.object({
  files: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  planned: z.int().nonnegative().describe("Files that are still to be stored"),
  stored: z.int().nonnegative(),
  stored_bytes: z.int().nonnegative(),
  identical: z.int().nonnegative().describe("Files whose equal object was there already"),
  identical_bytes: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  waived: z.int().nonnegative(),
  skipped: z.int().nonnegative().describe("Entries that aren't files; not part of `files`"),
});
export type Counts = z.output<typeof counts>;

const timestamp = z.iso.datetime();

/** Of whatever says that something was stored. */
export const trial = z
  .boolean()
  .describe("Nothing left the machine: what is called stored lies in a sandbox, not in OSS");

export const errorView = z
  .object({
    code: z.enum(errorCodes as [string, ...string[]]),
    message: z.string(),
    remedy: z.string(),
  })
  .meta({ id: "Error" });
export type ErrorView = z.output<typeof errorView>;

/** That a person has stopped something for a while. */
export const pause = z
  .object({ at: timestamp, who: z.string(), why: z.string().nullable() })
  .meta({ id: "Pause" });
export type Pause = z.output<typeof pause>;

export const importView = z
  .object({
    import_id: z.uuid(),
    trial,
    status: importStatus,
    paused: pause.nullable().describe("While it is paused, nothing of it runs; its status stays"),
    paused_vendors: z
      .array(z.object({ vendor: z.string(), ...pause.shape }))
      .describe("Vendors of its unfinished folders that are paused: those folders wait"),
    entrust_id: z.string().nullable(),
    suit_ids: z.array(z.string()),
    ...counts.shape,
    sending_bytes: z
      .int()
      .nonnegative()
      .describe("Of files that aren't stored yet, what has been sent so far; about a second old"),
    seconds: z.number().nonnegative().describe("From the request to the end, or until now"),
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
            .describe("Files below those folders; null when nobody knows of one of them"),
        }),
      )
      .describe("What went wrong, one entry for each code, the most frequent first"),
    waiting: z
      .array(wait)
      .describe(
        "What it stands still for, the longest wait first; nobody has to do anything for it to go on, save where the message says so",
      ),
    moving: z
      .boolean()
      .describe("Something of it moved in the last seconds; else all of it stands still"),
    warnings: z
      .array(z.object({ ...errorView.shape, files: z.int().nonnegative() }))
      .describe("What doesn't keep it from being sealed, but should be looked at"),
  })
  .meta({ id: "Import" });
export type ImportView = z.output<typeof importView>;

/** Where files go. */
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
        "Where its files go, known from the first lease on. Nothing but a person's word changes it; each file has its own",
      ),
    bucket: z.string().nullable(),
    prefix: z.string().nullable(),
    offered: destination
      .nullable()
      .describe(
        "Where a later lease led instead (DESTINATION_CHANGED): a person may accept it. Nothing was sent there",
      ),
    error: errorView.nullable().describe("Why its source can't be planned"),
    compared_with: z
      .string()
      .nullable()
      .describe("The folder_id of the last import from the same source to the same place, if any"),
    vanished: z
      .int()
      .nonnegative()
      .nullable()
      .describe("Files stored by that one that aren't in the source any more"),
  })
  .meta({ id: "Folder" });
export type FolderView = z.output<typeof folderView>;

/** A worker, for the record. */
export const workerView = z
  .object({
    host: z.string(),
    os_user: z.string().describe("The operating system's user that it ran as"),
    version: z.string().describe("Of Exhibit"),
  })
  .meta({ id: "Worker" });
export type WorkerView = z.output<typeof workerView>;

/** A file; for `stored` and `identical` ones this is the receipt. */
export const fileView = z
  .object({
    file_id: z.string(),
    folder_id: z.string(),
    trial,
    path: z.string().describe("Relative to the folder's source, `/` between the parts"),
    raw_path: z
      .string()
      .nullable()
      .describe(
        "Where names on the disk aren't UTF-8, the path as it is there: each byte of them that isn't ASCII as `\\xff`, each backslash as two",
      ),
    size: z.int().nonnegative(),
    modified_at: timestamp
      .nullable()
      .describe("As its disk says; null for a year before 0 or after 9999: see `modified_ms`"),
    modified_ms: z.int().nullable().describe("The same in milliseconds since 1970"),
    state: fileState,
    is_folder: z
      .boolean()
      .describe("A folder that failed as one entry: what lies below it has no entries of its own"),
    stands_for: z
      .int()
      .nonnegative()
      .nullable()
      .describe("Of a folder: the files below it; null for a file, and when nobody knows"),
    endpoint: z
      .string()
      .nullable()
      .describe(
        "Where its object is. Unknown (null) of files that an earlier release stored: it kept one place for the whole folder, and overwrote it",
      ),
    bucket: z.string().nullable().describe("As `endpoint`"),
    key: z.string().nullable(),
    version_id: z.string().nullable().describe("Of the object, where the bucket keeps versions"),
    sha256: z.string().nullable().describe("64 lower-case hexadecimal digits"),
    crc64: z.string().nullable().describe("CRC-64/XZ as OSS gives it: an unsigned decimal number"),
    etag: z.string().nullable(),
    request_id: z
      .string()
      .nullable()
      .describe("OSS's id of the request that proved it: the one that wrote it, or that found it"),
    stored_at: timestamp
      .nullable()
      .describe("By OSS's clock: when it answered the write, or the found object's Last-Modified"),
    lease_id: z.string().nullable(),
    worker: workerView.nullable().describe("What read and sent it"),
    skipped_as: skippedAs.nullable().describe("What a `skipped` entry is"),
    error: errorView.nullable(),
    waived_by: z.string().nullable().describe("Who gave a `waived` file up"),
    waived_why: z.string().nullable(),
    waived_at: timestamp.nullable(),
  })
  .meta({ id: "File" });
export type FileView = z.output<typeof fileView>;

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z
      .string()
      .nullable()
      .describe("Give it as `after` to get the next page; null on the last"),
  });
}

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  after: plainText(8192).optional().describe("`next` of the page before"),
});

export const importPage = pageOf(importView).meta({ id: "ImportPage" });
export const importQuery = pageQuery.extend({
  id: z
    .string()
    .regex(/^[0-9a-f-]{6,36}$/i, "it has to be six characters or more of an import_id")
    .optional()
    .describe("Only imports whose `import_id` begins or ends so"),
  suit_id: plainText(200).optional(),
  entrust_id: plainText(200).optional(),
  status: importStatus.optional(),
});

export const folderPage = pageOf(folderView).meta({ id: "FolderPage" });

export const filePage = pageOf(fileView).meta({ id: "FilePage" });
export const fileQuery = pageQuery.extend({
  state: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(fileState))
    .optional()
    .describe(
      `Only files in this state, or in one of several separated by commas: ${fileStates.join(", ")}`,
    ),
  code: errorCode.optional().describe("Only files whose error has this code"),
  folder_id: z.string().optional(),
});

/** What touched the integrity of a file, also of one that was stored in the end. */
export const incidentView = z
  .object({
    incident_id: z.string(),
    at: timestamp,
    code: z
      .string()
      .describe("DIGEST_MISMATCH, SOURCE_CHANGED, EVIDENCE_CONFLICT or DESTINATION_CHANGED"),
    message: z.string(),
    folder_id: z.string(),
    file_id: z.string().nullable().describe("Null for one of the whole folder"),
    path: z.string().nullable().describe("Of the file"),
    worker: workerView.nullable().describe("What met it"),
  })
  .meta({ id: "Incident" });
export type IncidentView = z.output<typeof incidentView>;
export const incidentPage = pageOf(incidentView).meta({ id: "IncidentPage" });

/** The body of every answer that isn't a success. */
export const errorAnswer = z
  .object({
    error: z.object({
      ...errorView.shape,
      details: z.record(z.string(), z.unknown()),
      trace_id: z.string().optional(),
    }),
  })
  .meta({ id: "ErrorAnswer" });
export type ErrorAnswer = z.output<typeof errorAnswer>;
