import type { ImportView } from "@exhibit/contracts";
import {
  formatBytes,
  formatNumber,
  formatTable,
  formatTime,
  shortId,
  type TimeStyle,
} from "./format.ts";
import { stampsLine } from "./stamp-lines.ts";
import { statusWord } from "./status-word.ts";
import { isScheduled } from "./wait-lines.ts";

/** How many suits of an import the table names. */
const SUITS_IN_TABLE = 3;

/**
 * Returns a table of imports in their given order. The columns that tell imports apart come first,
 * because narrow terminals break the lines behind them.
 */
export function importTable(views: readonly ImportView[], style?: TimeStyle): string[] {
  const header = ["IMPORT", "CASE", "STATUS", "FILES", "BYTES", "FAILED", "CREATED"];
  const rows = views.map((view) => [
    shortId(view.import_id),
    caseOf(view, SUITS_IN_TABLE).join(),
    statusWord(view),
    formatNumber(view.files),
    formatBytes(view.bytes),
    formatNumber(view.failed),
    formatTime(view.created_at, style),
  ]);
  return formatTable([header, ...rows], [3, 4, 5]);
}

/**
 * Returns an import's case and times: `  E-77 1001 1002; created 2026-11-23 20:34 +08:00, ended …`.
 */
export function caseLine(view: ImportView, style?: TimeStyle): string {
  const { created_at, start_at, finished_at } = view;
  const starts =
    isScheduled(view) && start_at !== null ? `, starts ${formatTime(start_at, style)}` : "";
  const ended = finished_at === null ? "" : `, ended ${formatTime(finished_at, style)}`;
  return `  ${[...caseOf(view), `created ${formatTime(created_at, style)}${starts}${ended}`].join("; ")}`;
}

/** Returns what people call an import and file it under; no lines where they don't. */
export function nameLines(view: ImportView): string[] {
  const { title, labels, priority, set_aside, amends, amended_by } = view;
  const texts = Object.entries(labels).map(([key, value]) => `${key}:${value}`);
  const words = [
    ...(title === null ? [] : [`"${title}"`]),
    ...texts,
    ...(priority === "normal" ? [] : [`priority ${priority}`]),
    ...(amends === null ? [] : [`adds to ${amends}`]),
    ...amended_by.map((id) => `${id} adds to it`),
    ...(set_aside ? ["set aside: it doesn't count for its case"] : []),
  ];
  return words.length === 0 ? [] : [`  ${words.join("; ")}`];
}

/** Returns which seal an import has, with its stamps, and how it was verified last; no lines without a seal. */
export function custodyLines({ seal, verified }: ImportView, style: TimeStyle): string[] {
  if (seal === null) return [];
  const stamps = stampsLine(seal.stamps, style);
  const signed = seal.signed ? "" : ", not signed";
  const head = `  seal ${seal.number}${signed}${stamps === "" ? "" : `, ${stamps}`}`;
  return [head, ...verified.map((each) => `  ${verifiedWords(each, style)}`)];
}

function verifiedWords(
  { number, against, by, sample, at, outcome }: ImportView["verified"][number],
  style: TimeStyle,
): string {
  const how = [against, ...(by === null ? [] : [`by ${by}`])].join(" ");
  const of = sample === null ? "" : `, ${formatNumber(sample)} of its receipts`;
  const came = {
    same: "everything is the same",
    differs: "something differs",
    unreadable: "not everything could be read",
  }[outcome];
  return `verified against ${how}${of} on ${formatTime(new Date(at), style)}: ${came} (verification ${number})`;
}

/** Returns who is told of an import alone, and whether they took it; no line where nobody is. */
export function callbackLines({ callback }: ImportView): string[] {
  if (callback === null) return [];
  const { host, last } = callback;
  const told = last === null ? "nothing yet" : `${last.event}: ${last.state}`;
  const status = last === null || last.status === null ? "" : ` (${last.status})`;
  return [`  tells ${host}; last ${told}${status}`];
}

/** The mandate and suits of an import as one word, or none. */
function caseOf(view: ImportView, most = view.suit_ids.length): string[] {
  const { entrust_id, suit_ids, suit_ids_total } = view;
  const more = suit_ids_total - Math.min(most, suit_ids.length);
  const words = [
    ...(entrust_id === null ? [] : [entrust_id]),
    ...suit_ids.slice(0, most),
    ...(more > 0 ? [`+${more}`] : []),
  ];
  return words.length === 0 ? [] : [words.join(" ")];
}
