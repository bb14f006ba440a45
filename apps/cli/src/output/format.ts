import { visible } from "@exhibit/contracts";

const units = ["B", "kB", "MB", "GB", "TB", "PB"];

/** `40_000_000` → `40.0 MB`: decimal units, one digit after the point from kB on. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // From 999.95 on, a value would be shown as 1000.0 of the smaller unit.
  while (value >= (unit === 0 ? 1000 : 999.95) && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Made when it is first needed: loading a locale takes 20 ms of a command's start. */
let thousands: Intl.NumberFormat | undefined;

/** `1234567` → `1,234,567`. */
export function formatNumber(value: number): string {
  thousands ??= new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
  return thousands.format(value);
}

/** `1`, `file` → `1 file`; `2_000`, `file` → `2,000 files`. */
export function formatCount(value: number, noun: string): string {
  return `${formatNumber(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Seconds → `0.8 s`, `12 s`, `1 min 3 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${formatNumber(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/**
 * Returns rows of cells as the lines of a table; the columns in `right` are aligned to the right.
 */
export function formatTable(
  cells: readonly (readonly string[])[],
  right: readonly number[] = [],
): string[] {
  const widths: number[] = [];
  const rows = cells.map((row) => row.map(visible));
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, columnsOf(cell));
    });
  }
  const pad = (cell: string, column: number) => {
    const space = " ".repeat(Math.max(0, (widths[column] ?? 0) - columnsOf(cell)));
    return right.includes(column) ? space + cell : cell + space;
  };
  return rows.map((row) => row.map(pad).join("  ").trimEnd());
}

const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303F\uFF01-\uFF60\uFFE0-\uFFE6]/gu;

/**
 * Returns how many columns a text takes on a terminal: Chinese characters and the like take two.
 */
function columnsOf(text: string): number {
  return [...text].length + (text.match(wide)?.length ?? 0);
}

/** The time zone in which times are shown. */
export interface TimeStyle {
  utc?: boolean | undefined;
}

/**
 * Returns `2026-11-23 20:34 +08:00`, in this machine's time zone (TZ), or `2026-11-23 12:34 UTC`
 * where that is UTC or `utc` is set.
 */
export function formatTime(time: string | Date, { utc = false }: TimeStyle = {}): string {
  const at = new Date(time);
  const east = utc ? 0 : -at.getTimezoneOffset();
  const local = new Date(at.getTime() + east * 60_000).toISOString();
  return `${local.slice(0, 10)} ${local.slice(11, 16)} ${east === 0 ? "UTC" : formatOffset(east)}`;
}

/** Minutes east of Greenwich → `+08:00` */
function formatOffset(east: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.abs(east);
  return `${east < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Returns an import's id as lists show it: its end, because ids of the same hour begin alike. */
export function shortId(importId: string): string {
  return importId.slice(-8);
}
