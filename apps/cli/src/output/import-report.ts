import { type ImportView, TRIAL_NOTICE } from "@exhibit/contracts";
import { formatBytes, formatCount, formatNumber, formatSeconds } from "./format.ts";
import { pauseLines } from "./pause-lines.ts";
import { statusWord } from "./status-word.ts";
import { inStore, totals } from "./totals.ts";
import { waitLine } from "./wait-lines.ts";

/** How many kinds of error the report shows; the API has them all. */
const MAX_ERRORS = 10;

/**
 * Returns the state of an import in a few lines: status, totals, what went wrong and what to do
 * about it. `isUp` says whether an API will still be running for the commands that the report
 * names.
 */
export function importReport(view: ImportView, { isUp = true } = {}): string[] {
  return [
    `Import ${view.import_id}: ${statusWord(view)} after ${formatSeconds(view.seconds)}`,
    ...(view.trial ? [`  ${TRIAL_NOTICE}`] : []),
    `  ${totals(view)}`,
    ...paceLine(view).map((line) => `  ${line}`),
    ...(view.identical > 0
      ? [
          `  (${inStore(view)} already: from an earlier import, or sent by this one before it was interrupted)`,
        ]
      : []),
    ...pauseLines(view).map((line) => `  ${line}`),
    ...view.waiting.map((each) => `  ${waitLine(each)}`),
    ...errorGroups(view, isUp),
    ...view.warnings.flatMap(warningLines),
    ...advice(view, isUp),
  ];
}

/** After so many seconds without movement an import is said to stand still. */
const STILL_SECONDS = 60;

/** Returns `45.0 MB/s, 1,120 files/s; about 1 min 3 s left`, or for how long nothing has moved. */
function paceLine(view: ImportView): string[] {
  const { files_per_second: files, bytes_per_second: bytes, left_seconds, idle_seconds } = view;
  if (view.paused === null && idle_seconds !== null && idle_seconds >= STILL_SECONDS)
    return [`Nothing has moved for ${formatSeconds(idle_seconds)}`];
  if (files === null || bytes === null || files + bytes === 0) return [];
  const left = left_seconds === null ? "" : `; about ${formatSeconds(left_seconds)} left`;
  return [`${formatBytes(bytes)}/s, ${formatNumber(files)} files/s${left}`];
}

function errorGroups({ import_id, errors }: ImportView, isUp: boolean): string[] {
  const lines = errors
    .slice(0, MAX_ERRORS)
    .flatMap((group) => [
      `  ${group.code}${group.files > 0 ? ` (${countOf(group)})` : ""}: ${group.message}`,
      `    ${group.remedy}`,
      ...(group.files > 1 && isUp
        ? [`    All of them: npx exhibit files ${import_id} --code ${group.code}`]
        : []),
    ]);
  const more = errors.length - MAX_ERRORS;
  return more > 0 ? [...lines, `  and ${more} more kinds of error`] : lines;
}

function warningLines({ code, message, remedy }: ImportView["warnings"][number]): string[] {
  return [`  ${code}: ${message}`, `    ${remedy}`];
}

/**
 * Returns how much an error affects: `3 files and 2 folders with 1,204 files`. An entry that is a
 * folder stands for everything below it.
 */
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
      ? ["When the cause is fixed, retry what failed:"]
      : [
          "When the cause is fixed, start Exhibit and leave it running:",
          "  npm start",
          "Then, in another terminal, retry what failed:",
        ]),
    `  npx exhibit retry ${view.import_id}`,
    ...(view.failed > 0
      ? [
          "To give up what can't be fixed, with a reason for the record:",
          `  npx exhibit waive ${view.import_id} --all --why TEXT`,
        ]
      : []),
  ];
}
