import { type ImportView, importView, restingStatuses } from "@exhibit/contracts";
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
  /** The view as JSON, as a response has it. */
  readonly json: string;
  /**
   * Says whether two sightings are the same: all of the view but `seconds`, which always grows. The view's
   * entity tag begins with it, so that whoever has read the import isn't sent it again.
   */
  readonly fingerprint: string;
}

export function sightingOf(view: ImportView): Sighting {
  const json = JSON.stringify(importView.parse(view));
  return {
    importId: view.import_id,
    view,
    isResting: restingStatuses.has(view.status),
    json,
    fingerprint: digestOf(json),
  };
}
