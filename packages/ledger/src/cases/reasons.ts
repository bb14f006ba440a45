import { type CaseReason, type CaseReasonKind, caseReasons } from "@exhibit/contracts";
import { sql } from "kysely";

/** What keeps counted folders' imports from being whole, as further parts of a WITH clause. */
export const reasonsOf = sql`
  of_import as materialized (
    select key, import_id, is_cancelled, is_running, is_paused, had_wrong_totals, count(*) as folders,
      sum(failed)::bigint as failed, count(*) filter (where failed > 0) as failed_folders,
      sum(files - stored - identical - failed - waived)::bigint as planned,
      count(*) filter (where error_code is not null) as unwalked,
      count(*) filter (where is_open and is_vendor_paused) as held
    from counted group by key, import_id, is_cancelled, is_running, is_paused, had_wrong_totals
  ), reason as materialized (
    select key, import_id, r.kind, r.files, r.folders
    from of_import, lateral (
      select 'files_failed' as kind, failed as files, failed_folders as folders where failed > 0 and not is_cancelled
      union all select 'source_failed', 0, unwalked where unwalked > 0 and not is_cancelled
      union all select 'totals_wrong', 0, of_import.folders where had_wrong_totals
      union all select 'cancelled', planned + failed, of_import.folders where is_cancelled
      union all select 'paused', planned, of_import.folders where is_running and is_paused
      union all select 'vendor_paused', planned, held where is_running and not is_paused and held > 0
      union all select 'unfinished', planned, of_import.folders where is_running and not is_paused and held = 0
    ) as r
  )`;

export interface ReasonRow {
  kind: CaseReasonKind;
  import_id: string;
  files: number;
  folders: number;
}

/** How many failed files of an import have a code. */
export interface CodeRow {
  import_id: string;
  code: string;
  files: number;
}

export function suitMissing(count: number, suitIds: string[]): CaseReason {
  const which = count === 1 ? `suit ${suitIds[0]}` : `${count} of its suits`;
  return {
    kind: "suit_missing",
    ...caseReasons.suit_missing,
    message: `No folder of ${which} was imported.`,
    import_id: null,
    files: 0,
    folders: 0,
    codes: [],
    suit_ids: suitIds,
  };
}

export function reasonOf(
  { kind, import_id, files, folders }: ReasonRow,
  codes: readonly CodeRow[],
): CaseReason {
  return {
    kind,
    ...caseReasons[kind],
    message: sentences[kind]({ files, folders, import_id }),
    import_id,
    files,
    folders,
    codes:
      kind === "files_failed"
        ? codes
            .filter((each) => each.import_id === import_id)
            .map(({ code, files: failed }) => ({ code, files: failed }))
        : [],
    suit_ids: [],
  };
}

const sentences: Record<CaseReasonKind, (of: Omit<ReasonRow, "kind">) => string> = {
  files_failed: ({ files, import_id }) => `${count(files, "file")} of import ${import_id} failed.`,
  source_failed: ({ folders, import_id }) =>
    `${count(folders, "folder")} of import ${import_id} couldn't be read to the end.`,
  totals_wrong: ({ import_id }) =>
    `The totals of import ${import_id} aren't those of its files' records.`,
  cancelled: ({ folders, import_id }) =>
    `Import ${import_id} was cancelled, and ${count(folders, "folder")} of it ${folders === 1 ? "wasn't" : "weren't"} imported by another.`,
  suit_missing: () => "A suit has no folder.",
  paused: ({ files, import_id }) =>
    `Import ${import_id} is paused, with ${count(files, "file")} to store.`,
  vendor_paused: ({ folders, import_id }) =>
    `${count(folders, "folder")} of import ${import_id} ${folders === 1 ? "waits" : "wait"} for a paused vendor.`,
  unfinished: ({ files, import_id }) =>
    `Import ${import_id} isn't finished yet; so far ${count(files, "file")} ${files === 1 ? "is" : "are"} still to be stored.`,
};

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}
