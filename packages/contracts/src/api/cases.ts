import { z } from "zod";
import { shownErrorCode } from "../errors/error-code.ts";
import { plainText } from "../text/plain-text.ts";
import { type Counters, type Counts, counts, countsOf } from "./imports/counters.ts";
import { folderView } from "./imports/folders.ts";
import { importStatus } from "./imports/states.ts";
import { pageOf, pageQuery } from "./pages.ts";
import { trial } from "./trial.ts";

const timestamp = z.iso.datetime();
const number = z.int().nonnegative();

/**
 * Why a case isn't complete, and what a person does about it. What goes on by itself needs nobody
 * but time.
 */
export const caseReasons = {
  files_failed: {
    needs: "somebody",
    remedy: "List the failed files, fix the cause and retry; or waive them, with a reason.",
  },
  source_failed: {
    needs: "somebody",
    remedy: "Look at the import's folders: fix what their errors name, and retry the import.",
  },
  totals_wrong: {
    needs: "somebody",
    remedy: "Look at the import's errors, and retry it: its totals are compared again.",
  },
  cancelled: {
    needs: "somebody",
    remedy: "Import its folders again; or set the import aside, if they don't belong to the case.",
  },
  suit_missing: {
    needs: "somebody",
    remedy: "Import the suit's folder.",
  },
  paused: {
    needs: "somebody",
    remedy: "Resume the import.",
  },
  vendor_paused: {
    needs: "somebody",
    remedy: "Resume the vendor.",
  },
  unfinished: {
    needs: "time",
    remedy: "Wait until the import has ended.",
  },
} as const satisfies Record<string, { needs: "somebody" | "time"; remedy: string }>;
export type CaseReasonKind = keyof typeof caseReasons;

export const caseReason = z
  .object({
    kind: z.enum(Object.keys(caseReasons) as [CaseReasonKind, ...CaseReasonKind[]]),
    needs: z
      .enum(["somebody", "time"])
      .describe("`somebody` has to act; with `time` it goes on by itself"),
    message: z.string(),
    remedy: z.string(),
    import_id: z.uuid().nullable().describe("Null for `suit_missing`"),
    files: number.describe("The files that it is about, as far as they are known"),
    folders: number.describe("The counted folders that it is about"),
    codes: z
      .array(z.object({ code: shownErrorCode, files: number }))
      .describe("For `files_failed`: the errors' codes, the most frequent first"),
    suit_ids: z.array(z.string()).describe("For `suit_missing`: the suits, at most the first 100"),
  })
  .meta({ id: "CaseReason" });
export type CaseReason = z.output<typeof caseReason>;

/** What is counted of a case: for each folder, its last import that wasn't cancelled. */
const caseCounts = z.object({
  folders: number.describe("Folders that are counted: each once, by its last import"),
  ...counts.shape,
  proved: number.describe("Files in OSS whose bytes were compared: `stored` and `identical`"),
  proved_bytes: number,
  missing: number.describe("Files that aren't in OSS and weren't waived: `planned` and `failed`"),
});
export type CaseCounts = z.output<typeof caseCounts>;

/** Returns what a case's counters come to. */
export function caseCountsOf(row: Counters & { folders: number }): CaseCounts {
  const counted: Counts = countsOf(row);
  return {
    folders: row.folders,
    ...counted,
    proved: counted.stored + counted.identical,
    proved_bytes: counted.stored_bytes + counted.identical_bytes,
    missing: counted.planned + counted.failed,
  };
}

const complete = z
  .boolean()
  .describe(
    "Whether everything that is known of it is in OSS: each of its suits was imported, each counted folder's files are stored, identical or waived, and no import of them is unfinished",
  );

const caseImports = z
  .object({
    total: number,
    planning: number,
    storing: number,
    sealing: number,
    sealed: number,
    attention: number,
    cancelled: number,
  })
  .describe("All its imports by status, also those that a later one has replaced");

/** A case in the list of cases. */
export const caseSummary = z
  .object({
    entrust_id: z.string(),
    trial,
    complete,
    ...caseCounts.shape,
    imports: caseImports,
    last_import_at: timestamp.describe("When its last import was created"),
  })
  .meta({ id: "CaseSummary" });
export type CaseSummary = z.output<typeof caseSummary>;

const suitOfCase = z.object({
  suit_id: z.string(),
  imported: z
    .boolean()
    .describe(
      "Whether a counted folder is named by the suit, or an import of the suit has no folder that is named by any suit",
    ),
  ...caseCounts.shape,
});

export const caseView = z
  .object({
    entrust_id: z.string().nullable().describe("Null for a suit"),
    suit_id: z.string().nullable().describe("Null for a case"),
    trial,
    complete,
    ...caseCounts.shape,
    reasons: z
      .array(caseReason)
      .describe("Why it isn't complete, what needs somebody first; at most the first 100"),
    reasons_total: number,
    waived_in: number.describe("Counted folders with files that somebody gave up"),
    vanished: number.describe(
      "Files that earlier imports stored and that are no longer in their sources: they are in OSS, and aren't counted",
    ),
    suits: z
      .array(suitOfCase)
      .describe(
        "Its suits in the order of their ids, with the folders that they name; at most the first 100",
      ),
    suits_total: number,
    imports: caseImports,
    set_aside: number.describe("Imports that somebody set aside: nothing of them is counted"),
    first_import_at: timestamp,
    last_import_at: timestamp,
  })
  .meta({ id: "Case" });
export type CaseView = z.output<typeof caseView>;

/** A folder as it is counted in a case. */
export const caseFolderView = folderView
  .extend({
    import_id: z.uuid().describe("Its last import that wasn't cancelled"),
    import_status: importStatus,
    entrust_id: z.string().nullable(),
    suit_id: z.string().nullable().describe("The suit that names it, where one does"),
    sealed_at: timestamp.nullable(),
  })
  .meta({ id: "CaseFolder" });
export type CaseFolderView = z.output<typeof caseFolderView>;

export const casePage = pageOf(caseSummary).meta({ id: "CasePage" });
export const caseFolderPage = pageOf(caseFolderView).meta({ id: "CaseFolderPage" });
export const caseQuery = pageQuery.extend({
  starts_with: plainText(200).optional().describe("Only cases whose `entrust_id` begins with this"),
});
