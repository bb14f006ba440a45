import type { ApiClient, FileFilter } from "@exhibit/client";
import { type ListedFile, withFolders } from "@exhibit/contracts";

/** Yields the files of an import, each with its folder. */
export function listedFiles(
  api: ApiClient,
  importId: string,
  filter: FileFilter,
): AsyncGenerator<ListedFile> {
  return withFolders(api.files(importId, filter), api.folders(importId));
}
