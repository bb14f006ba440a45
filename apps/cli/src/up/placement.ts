import type { ApiClient } from "@exhibit/client";
import type { FolderView } from "@exhibit/contracts";
import type { Sandbox } from "@exhibit/sandbox";
import { folderErrorLines, folderName, placeOf } from "../output/folder-report.ts";
import { totals } from "../output/totals.ts";

// How many folders are shown at most.
const mostFolders = 20;

/**
 * Returns where an import's files are: each folder's bucket and prefix, and the folder on disk
 * where the sandbox keeps it.
 */
export async function placementLines(
  api: ApiClient,
  importId: string,
  sandbox: Sandbox,
): Promise<string[]> {
  const lines: string[] = [];
  let folders = 0;
  for await (const folder of api.folders(importId)) {
    folders += 1;
    if (folders <= mostFolders) lines.push(...linesOf(folder, sandbox));
  }
  const more = folders - mostFolders;
  return more > 0 ? [...lines, `  and ${more} more folders`] : lines;
}

function linesOf(folder: FolderView, sandbox: Sandbox): string[] {
  return [
    `  ${folderName(folder)}`,
    `    ${totals(folder)}`,
    ...placeLines(folder, sandbox),
    ...folderErrorLines(folder).map((line) => `    ${line}`),
  ];
}

function placeLines(folder: FolderView, sandbox: Sandbox): string[] {
  const { bucket, prefix } = folder;
  if (bucket === null || prefix === null) return [];
  return [
    `    in    ${placeOf(folder)}`,
    `    open  ${sandbox.objectPath(bucket, prefix.replace(/\/$/, ""))}`,
  ];
}
