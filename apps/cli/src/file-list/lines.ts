import { type FileView, type ListedFile, visible } from "@exhibit/contracts";
import { folderName, placeOf } from "../output/folder-report.ts";
import { formatBytes, formatCount } from "../output/format.ts";

// As wide as the longest state and the longest size.
const stateWidth = 9;
const sizeWidth = 8;

/** Returns a folder's heading in a list for people: its name, its source and its destination. */
export function folderHead({ folder }: ListedFile): string {
  const place = placeOf(folder);
  const into = place === undefined ? "" : `  in ${place}`;
  return `${visible(`${folderName(folder)}  from ${folder.source.path}${into}`)}\n`;
}

/** Returns a file's line: `  failed      1.2 MB  scans/0007.jpg  EVIDENCE_CONFLICT` */
export function fileLine({ file }: ListedFile): string {
  const size = file.state === "skipped" || file.is_folder ? "" : formatBytes(file.size);
  const path = file.is_folder ? `${file.path}/  ${filesBelow(file)}` : file.path;
  const cells = [file.state.padEnd(stateWidth), size.padStart(sizeWidth), path];
  const why = file.error?.code ?? file.skipped_as;
  return `  ${[...cells, ...(why === null ? [] : [why])].map(visible).join("  ")}\n`;
}

/** Returns how many files a folder stands for that failed as one entry. */
function filesBelow({ stands_for }: FileView): string {
  return stands_for === null
    ? "(a folder with an unknown number of files)"
    : `(a folder with ${formatCount(stands_for, "file")})`;
}
