import { type FolderView, selectorText } from "@exhibit/contracts";
import { totals } from "./totals.ts";

/** Returns a folder's name at its vendor: `kongur suit_id=1001`. */
export function folderName(folder: Pick<FolderView, "vendor" | "folder">): string {
  return `${folder.vendor} ${selectorText(folder.folder)}`.trimEnd();
}

/**
 * Returns where a folder's files are, such as `oss://evidence/suit/1001/`; undefined while there is
 * no destination.
 */
export function placeOf({ trial, bucket, prefix }: FolderView): string | undefined {
  if (bucket === null || prefix === null) return undefined;
  return `${trial ? "sandbox" : "oss"}://${bucket}/${prefix}`;
}

/** Returns a folder's error and what to do about it; no lines without an error. */
export function folderErrorLines(folder: FolderView): string[] {
  return folder.error === null
    ? []
    : [`${folder.error.code}: ${folder.error.message}`, `  ${folder.error.remedy}`];
}

/**
 * Returns the state of a folder in a few lines: its name, source and destination, its totals and
 * its error.
 */
export function folderReport(folder: FolderView): string[] {
  const place = placeOf(folder);
  return [
    `${folderName(folder)}  from ${folder.source.path}`,
    ...(place === undefined ? [] : [`  in ${place}`]),
    `  ${totals(folder)}`,
    ...folderErrorLines(folder).map((line) => `  ${line}`),
  ];
}
