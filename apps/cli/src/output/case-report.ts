import type { CaseCounts, CaseReason, CaseSummary, CaseView } from "@exhibit/contracts";
import { TRIAL_NOTICE } from "@exhibit/contracts";
import {
  formatBytes,
  formatCount,
  formatNumber,
  formatTable,
  formatTime,
  type TimeStyle,
} from "./format.ts";

/** How many reasons of a kind the report shows; the API has more of them. */
const MAX_REASONS = 10;

/**
 * Returns in plain words whether a case is complete, what is proved of it, what is missing, and who
 * has to do something about it.
 */
export function caseReport(view: CaseView, style?: TimeStyle): string[] {
  const somebody = view.reasons.filter(({ needs }) => needs === "somebody");
  const time = view.reasons.filter(({ needs }) => needs === "time");
  const more = view.reasons_total - view.reasons.length;
  return [
    verdict(view),
    ...(view.trial ? [`  ${TRIAL_NOTICE}`] : []),
    `  ${caseTotals(view)}`,
    `  ${importsLine(view, style)}`,
    ...notes(view).map((note) => `  ${note}`),
    ...section("Needs somebody:", somebody, (each) => reasonLines(each, view)),
    ...section("Goes on by itself:", time, ({ message }) => [`  ${message}`]),
    ...(more > 0 ? ["", `And ${formatCount(more, "more reason")}.`] : []),
    ...suitTable(view),
  ];
}

/** Returns a table of cases. */
export function caseTable(cases: readonly CaseSummary[], style?: TimeStyle): string[] {
  const header = ["CASE", "COMPLETE", "FOLDERS", "FILES", "PROVED", "FAILED", "WAIVED", "IMPORTED"];
  const rows = cases.map((view) => [
    view.entrust_id,
    view.complete ? "yes" : "no",
    ...countCells(view),
    formatTime(view.last_import_at, style),
  ]);
  return formatTable([header, ...rows], [2, 3, 4, 5, 6]);
}

function countCells({ folders, files, proved, failed, waived }: CaseCounts): string[] {
  return [folders, files, proved, failed, waived].map(formatNumber);
}

function nameOf({ entrust_id, suit_id }: Pick<CaseView, "entrust_id" | "suit_id">): string {
  return entrust_id === null ? `Suit ${suit_id ?? ""}` : `Case ${entrust_id}`;
}

function verdict(view: CaseView): string {
  const where = view.trial ? "the sandbox" : "OSS";
  if (!view.complete) return `${nameOf(view)}: not complete`;
  return view.waived > 0
    ? `${nameOf(view)}: complete. Every file is in ${where} and was compared, except for ${formatCount(view.waived, "file")} that ${view.waived === 1 ? "was" : "were"} given up.`
    : `${nameOf(view)}: complete. Every file is in ${where} and was compared.`;
}

/** Returns `40,000 files, 9.1 GB, in 2 folders: 39,988 proved (9.0 GB), 12 missing`. */
function caseTotals(view: CaseCounts): string {
  const { files, bytes, folders, proved, proved_bytes, missing, failed, waived } = view;
  const parts = [
    `${formatNumber(proved)} proved (${formatBytes(proved_bytes)})`,
    ...(missing > 0
      ? [
          `${formatNumber(missing)} missing${failed > 0 ? `, of which ${formatNumber(failed)} failed` : ""}`,
        ]
      : []),
    ...(waived > 0 ? [`${formatNumber(waived)} waived`] : []),
  ];
  return `${formatCount(files, "file")}, ${formatBytes(bytes)}, in ${formatCount(folders, "folder")}: ${parts.join(", ")}`;
}

function importsLine({ imports, last_import_at }: CaseView, style?: TimeStyle): string {
  const open = imports.planning + imports.storing + imports.sealing;
  const parts = [
    ...(imports.sealed > 0 ? [`${formatNumber(imports.sealed)} sealed`] : []),
    ...(open > 0 ? [`${formatNumber(open)} running`] : []),
    ...(imports.attention > 0
      ? [
          `${formatNumber(imports.attention)} ${imports.attention === 1 ? "needs" : "need"} attention`,
        ]
      : []),
    ...(imports.cancelled > 0 ? [`${formatNumber(imports.cancelled)} cancelled`] : []),
  ];
  return `${formatCount(imports.total, "import")} (${parts.join(", ")}), the last of ${formatTime(last_import_at, style)}; each folder counts by its last import`;
}

/** What doesn't keep a case from being complete, but should be known. */
function notes({ vanished, skipped, set_aside }: CaseView): string[] {
  return [
    ...(vanished > 0
      ? [
          `${formatCount(vanished, "file")} of earlier imports ${vanished === 1 ? "is" : "are"} in OSS, but no longer in the folders: not counted here.`,
        ]
      : []),
    ...(skipped > 0
      ? [`${formatNumber(skipped)} skipped that aren't files (links, devices): not counted here.`]
      : []),
    ...(set_aside > 0 ? [`${formatCount(set_aside, "import")} set aside: not counted here.`] : []),
  ];
}

function section(
  heading: string,
  reasons: readonly CaseReason[],
  linesOf: (reason: CaseReason) => string[],
): string[] {
  if (reasons.length === 0) return [];
  const more = reasons.length - MAX_REASONS;
  return [
    "",
    heading,
    ...reasons.slice(0, MAX_REASONS).flatMap(linesOf),
    ...(more > 0 ? [`  and ${formatNumber(more)} more`] : []),
  ];
}

function reasonLines(reason: CaseReason, view: CaseView): string[] {
  const { message, codes, suit_ids } = reason;
  const suits = suit_ids.length > 1 ? ` (${shortList(suit_ids)})` : "";
  const of =
    codes.length === 0
      ? ""
      : ` (${codes.map(({ code, files }) => `${code} ${formatNumber(files)}`).join(", ")})`;
  return [
    `  ${message.replace(/\.$/, "")}${of}${suits}.`,
    ...commands(reason, view).map((command) => `    npx exhibit ${command}`),
  ];
}

function shortList(ids: readonly string[]): string {
  const shown = ids.slice(0, MAX_REASONS);
  return ids.length > shown.length ? `${shown.join(", ")}, …` : shown.join(", ");
}

/** Returns the commands that help with a reason. */
function commands({ kind, import_id, suit_ids }: CaseReason, { entrust_id }: CaseView): string[] {
  const id = import_id ?? "";
  if (kind === "files_failed") return [`files ${id} --state failed`, `retry ${id}`];
  if (kind === "suit_missing") {
    const of = entrust_id === null ? "" : ` --entrust ${entrust_id}`;
    return [`import DIR${of} --suit ${suit_ids[0] ?? "ID"}`];
  }
  if (kind === "paused") return [`resume ${id}`];
  if (kind === "vendor_paused") return ["vendors"];
  if (kind === "cancelled") return [`change ${id} --set-aside --why TEXT`];
  return [`status ${id}`];
}

function suitTable({ suits, suits_total }: CaseView): string[] {
  if (suits.length === 0) return [];
  const header = ["SUIT", "IMPORTED", "FOLDERS", "FILES", "PROVED", "FAILED", "WAIVED"];
  const rows = suits.map((suit) => [
    suit.suit_id,
    suit.imported ? "yes" : "no",
    ...countCells(suit),
  ]);
  const more = suits_total - suits.length;
  return [
    "",
    ...formatTable([header, ...rows], [2, 3, 4, 5, 6]),
    ...(more > 0 ? [`and ${formatCount(more, "more suit")}`] : []),
  ];
}
