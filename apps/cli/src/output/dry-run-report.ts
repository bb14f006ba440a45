import type { DryRun, DryRunFolder, ErrorView } from "@exhibit/contracts";
import { formatBytes, formatCount, formatTime } from "./format.ts";

/** Names of a problem that are shown; with --json, all that the API tells. */
const MAX_NAMES = 5;

/** Returns what an import would do, for people. */
export function dryRunReport({ folders, ...all }: DryRun): string[] {
  const more = all.complete ? "" : " at least: not all was looked at";
  const problems = all.problems === 0 ? "no problem" : formatCount(all.problems, "problem");
  return [
    ...folders.flatMap(folderLines),
    `${formatCount(all.files, "file")}, ${formatBytes(all.bytes)}, ${problems}${more}. Nothing was written or sent.`,
  ];
}

function folderLines(folder: DryRunFolder): string[] {
  const { vendor, source, files, bytes, empty, skipped, complete } = folder;
  const counts = [
    `${formatCount(files, "file")}, ${formatBytes(bytes)}`,
    ...(empty.files > 0 ? [`${empty.files} of them empty`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(complete ? [] : ["not all of it was looked at"]),
  ];
  const name = [vendor, ...Object.entries(folder.folder).map((each) => each.join("="))].join(" ");
  return [
    `${source.path} → ${name}`,
    `  ${counts.join("; ")}`,
    ...placeLines(folder),
    ...(folder.error === null ? [] : errorLines(folder.error)),
    ...folder.problems.flatMap(problemLines),
  ];
}

function placeLines({ place, lease_ends_at, place_error, there }: DryRunFolder): string[] {
  const ends = lease_ends_at === null ? "" : `, by a lease until ${formatTime(lease_ends_at)}`;
  return [
    ...(place === null ? [] : [`  to ${place.bucket}/${place.prefix} at ${place.endpoint}${ends}`]),
    ...(place_error === null ? [] : errorLines(place_error)),
    ...(there === null ? [] : thereLines(there)),
  ];
}

function thereLines({ recorded, in_store }: NonNullable<DryRunFolder["there"]>): string[] {
  if (recorded.looked_for === 0) return [];
  const asked = in_store.unreadable
    ? "OSS doesn't let us look"
    : `OSS has ${in_store.found} of ${in_store.looked_for} that it was asked for`;
  const other = Math.max(recorded.other_size, in_store.other_size);
  return [
    `  there already: earlier imports stored ${recorded.found} of the first ${formatCount(recorded.looked_for, "file")}; ${asked}`,
    ...(other > 0
      ? [`  at least ${other} of them with another size: they would be EVIDENCE_CONFLICT`]
      : []),
  ];
}

function problemLines(problem: DryRunFolder["problems"][number]): string[] {
  const { code, message, remedy, files, paths } = problem;
  const hidden = files - Math.min(paths.length, MAX_NAMES);
  return [
    `  ${code} (${formatCount(files, "file")}): ${message}`,
    `    ${remedy}`,
    ...paths.slice(0, MAX_NAMES).map((path) => `    ${path}`),
    ...(hidden > 0 ? [`    and ${hidden} more`] : []),
  ];
}

function errorLines({ code, message, remedy }: ErrorView): string[] {
  return [`  ${code}: ${message}`, `    ${remedy}`];
}
