import { countsOf, type ImportView, noCounters } from "@exhibit/contracts";

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
    warnings: [],
    ...changes,
  };
}

export const sealed = viewOf({
  status: "sealed",
  planned: 0,
  stored: 1000,
  stored_bytes: 40_000_000,
});
