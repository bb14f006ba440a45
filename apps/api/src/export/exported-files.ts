import type { FileView, FolderView } from "@exhibit/contracts";
import type { Imports } from "@exhibit/ingest";

/** Files or folders that are read at a time. */
const EXPORT_PAGE = 1000;

type Filter = Omit<Parameters<Imports["files"]>[1], "limit" | "after">;

interface Page<Item> {
  items: Item[];
  next: string | null;
}

/**
 * Reads the first page of an import's files, so that a fault of the request is an error and not a
 * list that breaks off, and returns all pages. The next one is read when it is asked for.
 */
export async function filePages(
  imports: Imports,
  importId: string,
  filter: Filter,
): Promise<AsyncGenerator<FileView[]>> {
  const read = (after?: string) =>
    imports.files(importId, { ...filter, limit: EXPORT_PAGE, after });
  return pagesFrom(await read(), read);
}

/** Yields an import's folders. */
export async function* eachFolder(imports: Imports, importId: string): AsyncGenerator<FolderView> {
  const read = (after?: string) => imports.folders(importId, { limit: EXPORT_PAGE, after });
  for await (const page of pagesFrom(await read(), read)) yield* page;
}

async function* pagesFrom<Item>(
  first: Page<Item>,
  read: (after: string) => Promise<Page<Item>>,
): AsyncGenerator<Item[]> {
  let page = first;
  for (;;) {
    yield page.items;
    if (page.next === null) return;
    page = await read(page.next);
  }
}
