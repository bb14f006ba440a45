import type { ApiClient } from "@exhibit/client";
import type { FolderView, ImportView } from "@exhibit/contracts";
import type { Terminal } from "../output/terminal.ts";

/** Ends the output of `--json` with an import as the API gives it, and its folders. */
export async function giveImport(
  api: ApiClient,
  view: ImportView,
  terminal: Terminal,
): Promise<void> {
  if (!terminal.json) return;
  const folders: FolderView[] = [];
  for await (const folder of api.folders(view.import_id)) folders.push(folder);
  terminal.result({ ...view, folders });
}
