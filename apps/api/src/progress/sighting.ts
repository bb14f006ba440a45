import { type ImportView, restingStatuses } from "@exhibit/contracts";
import { digestOf } from "../http/entity-tags.ts";

/**
 * An import as it was seen, with the texts that all who follow it are sent: each is made once,
 * however many they are.
 */
export interface Sighting {
  readonly importId: string;
  readonly view: ImportView;
  /** Whether nothing runs any more for the import. */
  readonly isResting: boolean;
  /** The view as JSON. */
  readonly json: string;
  /** Says whether two sightings are the same: all of the view but `seconds`, which always grows. */
  readonly fingerprint: string;
}

export function sightingOf(view: ImportView): Sighting {
  const json = JSON.stringify(view);
  return {
    importId: view.import_id,
    view,
    isResting: restingStatuses.has(view.status),
    json,
    fingerprint: digestOf(json),
  };
}
