import {
  type ErrorView,
  type ExhibitError,
  type FolderSelector,
  type FolderView,
  type ImportView,
  TRIAL_NOTICE,
} from "@exhibit/contracts";
import { exitCodes } from "./exit-codes.ts";
import {
  formatBytes,
  formatCount,
  formatNumber,
  formatSeconds,
  formatTable,
  formatTime,
  type TimeStyle,
} from "./format.ts";
import { shortId } from "./import-id.ts";
import { pauseLines } from "./pausing.ts";
import { statusWord } from "./progress/text.ts";
import { remedyOf } from "./remedies.ts";
import { waitLine } from "./waiting.ts";

// Groups of errors shown at the end; the API has them all.
const mostGroups = 10;

/**
 * How an import stands, in a few lines: status, totals, and what went wrong with what to do about it. `isUp` says whether
 * an API will be there for the commands that it names.
 */
export function importReport(view: ImportView, { isUp = true } = {}): string[] {
  return [
    `Import ${view.import_id}: ${statusWord(view)} after ${formatSeconds(view.seconds)}`,
    ...(view.trial ? [`  ${TRIAL_NOTICE}`] : []),
    `  ${totals(view)}`,
    ...(view.identical > 0
      ? [
          `  (${there(view)} already: from an earlier import, or sent by this one before it was interrupted)`,
        ]
      : []),
    ...pauseLines(view).map((line) => `  ${line}`),
    ...view.waiting.map((each) => `  ${waitLine(each)}`),
    ...groupLines(view, isUp),
    ...view.warnings.flatMap(warningLines),
    ...advice(view, isUp),
  ];
}

/** A trial's files aren't in OSS. */
function there({ trial }: ImportView | FolderView): string {
  return trial ? "in the sandbox" : "in OSS";
}

/** `1,200 files (40.0 MB): 1,000 stored (39.0 MB), 190 identical already there, 10 failed; 3 links and the like skipped` */
export function totals(view: ImportView | FolderView): string {
  const parts = [
    ...(view.stored > 0 || view.identical === 0
      ? [`${formatNumber(view.stored)} stored (${formatBytes(view.stored_bytes)})`]
      : []),
    ...(view.identical > 0
      ? [`${formatNumber(view.identical)} already ${there(view)} with equal bytes`]
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

/** What `planned` files are. */
function unsent({ status }: ImportView | FolderView): string {
  return status === "cancelled" ? "not sent" : "to go";
}

function groupLines({ import_id, errors }: ImportView, isUp: boolean): string[] {
  const lines = errors
    .slice(0, mostGroups)
    .flatMap((group) => [
      `  ${group.code}${group.files > 0 ? ` (${countOf(group)})` : ""}: ${group.message}`,
      `    ${group.remedy}`,
      ...(group.files > 1 && isUp
        ? [`    All of them: npx exhibit files ${import_id} --code ${group.code}`]
        : []),
    ]);
  const more = errors.length - mostGroups;
  return more > 0 ? [...lines, `  and ${more} more kinds of error`] : lines;
}

function warningLines({ code, message, remedy }: ImportView["warnings"][number]): string[] {
  return [`  ${code}: ${message}`, `    ${remedy}`];
}

/** `3 files and 2 folders with 1,204 files`: an entry that is a folder stands for all that lies below it. */
export function countOf({
  files,
  folders,
  stands_for,
}: Pick<ImportView["errors"][number], "files" | "folders" | "stands_for">): string {
  const own = files > folders ? [formatCount(files - folders, "file")] : [];
  if (folders === 0) return own.join();
  const below =
    stands_for === null ? "an unknown number of files" : formatCount(stands_for, "file");
  return [...own, `${formatCount(folders, "folder")} with ${below}`].join(" and ");
}

function advice(view: ImportView, isUp: boolean): string[] {
  if (view.status !== "attention") return [];
  return [
    "",
    ...(isUp
      ? ["When the cause is mended, take up what failed:"]
      : [
          "When the cause is mended, start it and leave it up:",
          "  npm start",
          "and in another terminal take up what failed:",
        ]),
    `  npx exhibit retry ${view.import_id}`,
    ...(view.failed > 0
      ? [
          "What can't be mended can be given up, for the record:",
          `  npx exhibit waive ${view.import_id} --all --why TEXT`,
        ]
      : []),
  ];
}

/** How a folder is named at its vendor: `kongur suit_id=1001`. */
export function folderName(folder: Pick<FolderView, "vendor" | "folder">): string {
  return `${folder.vendor} ${selectorText(folder.folder)}`.trimEnd();
}

/** `suit_id=1001` */
export function selectorText(selector: FolderSelector): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}

/** Where a folder's files are; undefined as long as nothing is there. A trial's aren't in OSS. */
export function placeOf({ trial, bucket, prefix }: FolderView): string | undefined {
  if (bucket === null || prefix === null) return undefined;
  return `${trial ? "sandbox" : "oss"}://${bucket}/${prefix}`;
}

/** What a folder's error says, and what to do. */
export function folderErrorLines(folder: FolderView): string[] {
  return folder.error === null
    ? []
    : [`${folder.error.code}: ${folder.error.message}`, `  ${folder.error.remedy}`];
}

/** How a folder of an import stands: its name, where it came from and went, its totals, what went wrong. */
export function folderReport(folder: FolderView): string[] {
  const place = placeOf(folder);
  return [
    `${folderName(folder)}  from ${folder.source.path}`,
    ...(place === undefined ? [] : [`  in ${place}`]),
    `  ${totals(folder)}`,
    ...folderErrorLines(folder).map((line) => `  ${line}`),
  ];
}

/** `  E-77 1001 1002; begun 2026-11-23 20:34 +08:00, ended 2026-11-23 20:36 +08:00` */
export function caseLine(view: ImportView, style?: TimeStyle): string {
  const { created_at, finished_at } = view;
  const ended = finished_at === null ? "" : `, ended ${formatTime(finished_at, style)}`;
  return `  ${[...caseOf(view), `begun ${formatTime(created_at, style)}${ended}`].join("; ")}`;
}

function caseOf({ entrust_id, suit_ids }: ImportView, most = suit_ids.length): string[] {
  const more = suit_ids.length - most;
  const words = [
    ...(entrust_id === null ? [] : [entrust_id]),
    ...suit_ids.slice(0, most),
    ...(more > 0 ? [`+${more}`] : []),
  ];
  return words.length === 0 ? [] : [words.join(" ")];
}

// Suits of an import that the table names.
const suitsInTable = 3;

/** A table of imports, the newest first. What tells them apart comes first: narrow terminals break the lines behind it. */
export function importTable(views: readonly ImportView[], style?: TimeStyle): string[] {
  const header = ["IMPORT", "CASE", "STATUS", "FILES", "BYTES", "FAILED", "CREATED"];
  const rows = views.map((view) => [
    shortId(view.import_id),
    caseOf(view, suitsInTable).join(),
    statusWord(view),
    formatNumber(view.files),
    formatBytes(view.bytes),
    formatNumber(view.failed),
    formatTime(view.created_at, style),
  ]);
  return formatTable([header, ...rows], [3, 4, 5]);
}

/** The exit code of a command that waited for an import. */
export function exitCodeOfImport(view: ImportView): number {
  return view.status === "sealed" ? exitCodes.done : exitCodes.failed;
}

/** An error in the form of the API's: what happened and what to do. */
export function errorViewOf(error: ExhibitError): ErrorView {
  return { code: error.code, message: error.message, remedy: remedyOf(error.code) };
}

/** An error for people. What is wrong with a request is in its sentence; the table's remedy would only repeat it. */
export function errorLines(error: ExhibitError): string[] {
  if (error.code === "REQUEST_INVALID") return error.message.split("\n");
  return [...`${error.message} [${error.code}]`.split("\n"), remedyOf(error.code)];
}
