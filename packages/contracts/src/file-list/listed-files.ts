import type { FileView } from "../api/imports/files.ts";
import type { FolderView } from "../api/imports/folders.ts";

/** A file of an import, with its folder. */
export interface ListedFile {
  file: FileView;
  folder: FolderView;
}

/**
 * Yields files, each with its folder. Both lists come in the order of the folders, so only one
 * folder at a time is in memory.
 */
export async function* withFolders(
  files: AsyncIterable<FileView>,
  folders: AsyncIterable<FolderView>,
): AsyncGenerator<ListedFile> {
  const rest = folders[Symbol.asyncIterator]();
  let folder: FolderView | undefined;
  for await (const file of files) {
    while (folder?.folder_id !== file.folder_id) {
      const next = await rest.next();
      if (next.done === true)
        throw new Error(`File ${file.file_id} belongs to no folder of its import.`);
      folder = next.value;
    }
    yield { file, folder };
  }
}
