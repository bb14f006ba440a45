import type { ImportStatus, ImportView } from "@exhibit/contracts";
import { isScheduled, isWaiting } from "./wait-lines.ts";

const words: Readonly<Record<ImportStatus, string>> = {
  planning: "planning",
  storing: "storing",
  sealing: "sealing",
  sealed: "sealed",
  attention: "needs attention",
  cancelled: "cancelled",
};

/** Returns what an import is doing, for people: its status, or `paused`, `scheduled` or `waiting`. */
export function statusWord(view: ImportView): string {
  if (view.paused !== null) return "paused";
  if (isScheduled(view)) return "scheduled";
  return isWaiting(view) ? "waiting" : words[view.status];
}
