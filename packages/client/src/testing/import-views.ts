import {
  type CaseView,
  type Counters,
  caseCountsOf,
  countsOf,
  type ImportView,
  noCounters,
} from "@exhibit/contracts";

export const importId = "0f8fad5b-d9cb-469f-a165-70867728950e";

/** A view of an import, with what a test cares about put in its place. */
export function viewOf(changes: Partial<ImportView> = {}): ImportView {
  return {
    import_id: importId,
    trial: false,
    status: "storing",
    paused: null,
    paused_vendors: [],
    entrust_id: "E-77",
    suit_ids: ["1001"],
    suit_ids_total: 1,
    title: null,
    labels: {},
    priority: "normal",
    set_aside: false,
    start_at: null,
    amends: null,
    amended_by: [],
    seal: null,
    verified: [],
    created_by: "api",
    callback: null,
    vendors: ["kongur"],
    ...countsOf({
      ...noCounters,
      files: 1000,
      bytes: 40_000_000,
      stored: 250,
      stored_bytes: 10_000_000,
    }),
    sending_bytes: 0,
    seconds: 4,
    created_at: "2026-03-01T10:00:00.000Z",
    updated_at: "2026-03-01T10:00:04.000Z",
    finished_at: null,
    errors: [],
    waiting: [],
    moving: true,
    idle_seconds: 0,
    files_per_second: null,
    bytes_per_second: null,
    left_seconds: null,
    failed_folders: 0,
    warnings: [],
    ...changes,
  };
}

/** What an import's errors say beside code and counts, where a test doesn't care. */
export const needsSomebody = { failed: 1, waiting: 0, action: "mend", retry_helps: true } as const;

export const sealed = viewOf({
  status: "sealed",
  planned: 0,
  stored: 1000,
  stored_bytes: 40_000_000,
});

/** A view of a case that is complete: one folder with its counters, and what a test cares about. */
export function caseOf(
  changes: Partial<CaseView> = {},
  counters: Partial<Counters & { folders: number }> = {},
): CaseView {
  return {
    entrust_id: "E-77",
    suit_id: null,
    trial: false,
    complete: true,
    ...caseCountsOf({
      ...noCounters,
      folders: 1,
      files: 1000,
      bytes: 40_000_000,
      stored: 1000,
      stored_bytes: 40_000_000,
      ...counters,
    }),
    reasons: [],
    reasons_total: 0,
    waived_in: 0,
    vanished: 0,
    suits: [],
    suits_total: 0,
    imports: {
      total: 1,
      planning: 0,
      storing: 0,
      sealing: 0,
      sealed: 1,
      attention: 0,
      cancelled: 0,
    },
    set_aside: 0,
    first_import_at: "2026-03-01T10:00:00.000Z",
    last_import_at: "2026-03-01T10:00:00.000Z",
    ...changes,
  };
}
