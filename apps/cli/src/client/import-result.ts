import { type ApiClient, toArray } from "@exhibit/client";
import type { ImportView } from "@exhibit/contracts";
import type { Terminal } from "../output/terminal.ts";

/** Ends the output of `--json` with an import as the API returns it, and its folders. */
export async function printImport(
  api: ApiClient,
  view: ImportView,
  terminal: Terminal,
): Promise<void> {
  if (!terminal.json) return;
  const folders = await toArray(api.folders(view.import_id));
  terminal.result({ ...view, folders });
}
