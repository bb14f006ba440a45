import {
  csvHead,
  csvRow,
  type FileView,
  type FolderView,
  type ImportView,
  withFolders,
} from "@exhibit/contracts";

/** Characters that are sent at a time. */
const CHUNK = 64 * 1024;

/** Yields files as CSV, with a byte order mark in front if it is wanted. */
export async function* csvOf(
  view: ImportView,
  {
    pages,
    folders,
    bom,
  }: { pages: AsyncIterable<FileView[]>; folders: AsyncIterable<FolderView>; bom: boolean },
): AsyncGenerator<string> {
  let text = `${bom ? "\uFEFF" : ""}${csvHead()}`;
  for await (const listed of withFolders(each(pages), folders)) {
    text += csvRow(listed, view);
    if (text.length < CHUNK) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}

async function* each(pages: AsyncIterable<FileView[]>): AsyncGenerator<FileView> {
  for await (const page of pages) yield* page;
}
