import type { ApiClient, FileFilter } from "@exhibit/client";
import type { FolderView } from "@exhibit/contracts";
import type { ListedFile } from "./csv.ts";

/**
 * Yields the files of an import, each with its folder. Both lists come in the order of the folders,
 * so only one folder at a time is in memory.
 */
export async function* listedFiles(
  api: ApiClient,
  importId: string,
  filter: FileFilter,
): AsyncGenerator<ListedFile> {
  const folders = api.folders(importId)[Symbol.asyncIterator]();
  let folder: FolderView | undefined;
  for await (const file of api.files(importId, filter)) {
    while (folder?.folder_id !== file.folder_id) {
      const next = await folders.next();
      if (next.done === true)
        throw new Error(`File ${file.file_id} belongs to no folder of its import.`);
      folder = next.value;
    }
    yield { file, folder };
  }
}
