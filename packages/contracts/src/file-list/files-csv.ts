import type { FolderSelector } from "../api/imports/folders.ts";
import type { ImportView } from "../api/imports/imports.ts";
import type { ListedFile } from "./listed-files.ts";

/** Returns a selector in one line: `suit_id=1001`. */
export function selectorText(selector: FolderSelector): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}

type Cell = string | number | null | undefined;

/** The columns, in their order. */
const columns: readonly (readonly [
  name: string,
  cell: (listed: ListedFile, of: ImportView) => Cell,
])[] = [
  ["path", ({ file }) => file.path],
  ["state", ({ file }) => file.state],
  ["size", ({ file }) => file.size],
  ["sha256", ({ file }) => file.sha256],
  ["sm3", ({ file }) => file.sm3],
  ["crc64", ({ file }) => file.crc64],
  ["bucket", ({ file }) => file.bucket],
  ["key", ({ file }) => file.key],
  ["endpoint", ({ file }) => file.endpoint],
  ["stored_at", ({ file }) => file.stored_at],
  ["etag", ({ file }) => file.etag],
  ["request_id", ({ file }) => file.request_id],
  ["version_id", ({ file }) => file.version_id],
  ["identical_by", ({ file }) => file.identical_by],
  ["retained_until", ({ file }) => file.retained_until],
  ["lease_id", ({ file }) => file.lease_id],
  ["worker_host", ({ file }) => file.worker?.host],
  ["worker_user", ({ file }) => file.worker?.os_user],
  ["worker_version", ({ file }) => file.worker?.version],
  ["code", ({ file }) => file.error?.code],
  ["message", ({ file }) => file.error?.message],
  ["remedy", ({ file }) => file.error?.remedy],
  ["waived_by", ({ file }) => file.waived_by],
  ["waived_why", ({ file }) => file.waived_why],
  ["waived_at", ({ file }) => file.waived_at],
  ["is_folder", ({ file }) => (file.is_folder ? "yes" : "")],
  ["stands_for", ({ file }) => file.stands_for],
  ["skipped_as", ({ file }) => file.skipped_as],
  ["raw_path", ({ file }) => file.raw_path],
  ["modified_at", ({ file }) => file.modified_at],
  ["file_id", ({ file }) => file.file_id],
  ["folder_id", ({ file }) => file.folder_id],
  ["vendor", ({ folder }) => folder.vendor],
  ["folder", ({ folder }) => selectorText(folder.folder)],
  ["source", ({ folder }) => folder.source.path],
  ["entrust_id", (_, of) => of.entrust_id],
  ["import_id", (_, of) => of.import_id],
  ["trial", ({ file }) => (file.trial ? "yes" : "")],
];

/** Returns the first line of a CSV file. */
export function csvHead(): string {
  return csvLine(columns.map(([name]) => name));
}

/** Returns a file's line. What isn't known or doesn't apply is an empty cell. */
export function csvRow(listed: ListedFile, of: ImportView): string {
  return csvLine(columns.map(([, cell]) => cell(listed, of)));
}

/** As in RFC 4180: commas between cells, CR LF at the end of lines. */
function csvLine(cells: readonly Cell[]): string {
  return `${cells.map((cell) => quoted(unchanged(cell))).join(",")}\r\n`;
}

// Spreadsheets take such a beginning for a formula; Chinese and Japanese ones also in full width.
const formula = /^[=+\-@\t\r\n＝＋－＠]/;
// Spreadsheets keep fifteen digits of a number and turn the rest into zeros.
const longNumber = /^\d{16,}$/;

/**
 * Returns a cell that a spreadsheet shows unchanged. One that it would evaluate or round gets an
 * apostrophe in front, and so does one that starts with an apostrophe itself, so that removing the
 * first one always restores the text.
 */
function unchanged(cell: Cell): string {
  if (typeof cell === "number") return String(cell);
  const text = cell ?? "";
  return formula.test(text) || longNumber.test(text) || text.startsWith("'") ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
