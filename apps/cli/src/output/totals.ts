import type { FolderView, ImportView } from "@exhibit/contracts";
import { formatBytes, formatCount, formatNumber } from "./format.ts";

/**
 * Returns what became of the files of an import or a folder:
 * `1,200 files, 40.0 MB: 1,000 stored (39.0 MB), 190 already in OSS with equal bytes, 10 failed`
 */
export function totals(view: ImportView | FolderView): string {
  const parts = [
    ...(view.stored > 0 || view.identical === 0
      ? [`${formatNumber(view.stored)} stored (${formatBytes(view.stored_bytes)})`]
      : []),
    ...(view.identical > 0
      ? [`${formatNumber(view.identical)} already ${inStore(view)} with equal bytes`]
      : []),
    ...(view.failed > 0 ? [`${formatNumber(view.failed)} failed`] : []),
    ...(view.waived > 0 ? [`${formatNumber(view.waived)} waived`] : []),
    ...(view.planned > 0 ? [`${formatNumber(view.planned)} ${unsent(view)}`] : []),
  ];
  const skipped =
    view.skipped > 0
      ? `; ${formatNumber(view.skipped)} skipped that aren't files (links, devices)`
      : "";
  return `${formatCount(view.files, "file")}, ${formatBytes(view.bytes)}: ${parts.join(", ")}${skipped}`;
}

/** Returns where stored files are: a trial's aren't in OSS. */
export function inStore({ trial }: ImportView | FolderView): string {
  return trial ? "in the sandbox" : "in OSS";
}

/** What the state `planned` means to a person. */
function unsent({ status }: ImportView | FolderView): string {
  return status === "cancelled" ? "not sent" : "to go";
}
