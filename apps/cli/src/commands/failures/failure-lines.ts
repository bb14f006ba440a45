import type { FailureGroup, FailureGroups } from "@exhibit/contracts";
import {
  formatCount,
  formatNumber,
  formatTable,
  formatTime,
  shortId,
  type TimeStyle,
} from "../../output/format.ts";

/** Returns what fails over all imports: a table of the groups, and what each of their codes means. */
export function failureLines(found: FailureGroups, style?: TimeStyle): string[] {
  const { items, groups, failed, waiting } = found;
  if (items.length === 0) return ["Nothing fails in an import that can still be acted on."];
  const columns = COLUMNS.filter(({ of }) => items.some((group) => of(group, style) !== ""));
  const rows = items.map((group) => columns.map(({ of }) => of(group, style)));
  const right = columns.flatMap(({ isNumber }, index) => (isNumber ? [index] : []));
  const more = groups - items.length;
  return [
    ...formatTable([columns.map(({ head }) => head), ...rows], right),
    ...(more > 0 ? [`and ${formatCount(more, "more group")}: --limit N shows them`] : []),
    `${formatCount(failed, "file")} failed, and ${formatNumber(waiting)} to be tried again by themselves.`,
    ...meanings(items),
  ];
}

interface Column {
  readonly head: string;
  readonly isNumber?: true;
  /** What a group has in the column; one that is empty for all groups isn't shown. */
  of(group: FailureGroup, style?: TimeStyle): string;
}

const numberOf = (value: number) => (value === 0 ? "" : formatNumber(value));

const COLUMNS: readonly Column[] = [
  { head: "CODE", of: ({ code }) => code },
  { head: "FAILED", isNumber: true, of: ({ failed }) => numberOf(failed) },
  { head: "WAITING", isNumber: true, of: ({ waiting }) => numberOf(waiting) },
  { head: "SOURCES", isNumber: true, of: ({ sources }) => numberOf(sources) },
  { head: "IMPORTS", isNumber: true, of: (group) => (group.import ? "" : numberOf(group.imports)) },
  { head: "VENDOR", of: ({ vendor }) => vendor ?? "" },
  { head: "IMPORT", of: (group) => (group.import ? shortId(group.import.import_id) : "") },
  { head: "CASE", of: (group) => group.import?.entrust_id ?? "" },
  { head: "FOLDER", of: ({ folder_id }) => folder_id ?? "" },
  {
    head: "LAST",
    of: ({ last_at }, style) => (last_at === null ? "" : formatTime(last_at, style)),
  },
  { head: "MESSAGE", of: ({ pattern }) => pattern ?? "" },
];

/** Returns, for each code, what one of its messages says, and what to do. */
function meanings(items: readonly FailureGroup[]): string[] {
  const first = new Map<string, FailureGroup>();
  for (const group of items) if (!first.has(group.code)) first.set(group.code, group);
  return [...first.values()].flatMap(({ code, message, remedy }) => [
    ...["", `${code}: ${message}`],
    `  ${remedy}`,
  ]);
}
