import type { ApiClient } from "@exhibit/client";
import type { FolderSelector, ImportRequest, ImportStatus, ImportView } from "@exhibit/contracts";
import { formatCount, formatNumber } from "../output/format.ts";
import { isScheduled } from "../output/wait-lines.ts";

const goingOn: readonly ImportStatus[] = ["planning", "storing", "sealing"];
/** How many imports of each status are considered. */
const MAX_CONSIDERED = 100;

/** Returns the imports that continue at a start; those that are to start later aren't among them. */
export async function openImports(api: ApiClient): Promise<ImportView[]> {
  return (await listed(api, goingOn)).filter((view) => !isScheduled(view));
}

/** Returns the sources of imports that continue or may be retried; they have to stay readable. */
export async function neededSources(api: ApiClient): Promise<string[]> {
  const sources: string[] = [];
  for (const { import_id } of await listed(api, [...goingOn, "attention"])) {
    for await (const { source } of api.folders(import_id)) sources.push(source.path);
  }
  return sources;
}

async function listed(api: ApiClient, statuses: readonly ImportStatus[]): Promise<ImportView[]> {
  const pages = [];
  for (const status of statuses)
    pages.push((await api.list({ statuses: [status], limit: MAX_CONSIDERED })).items);
  return pages.flat();
}

/** Whether an import puts the same sources into the same folders as a request does. */
export async function isOf(
  api: ApiClient,
  view: ImportView,
  { entrust_id, folders }: ImportRequest,
): Promise<boolean> {
  if (view.entrust_id !== (entrust_id ?? null)) return false;
  let count = 0;
  // Folders are listed in the order of the request that created the import.
  for await (const { vendor, folder, source } of api.folders(view.import_id)) {
    const wanted = folders[count];
    count += 1;
    if (wanted === undefined || wanted.vendor !== vendor) return false;
    if (wanted.source.path !== source.path) return false;
    if (textOf(wanted.folder) !== textOf(folder)) return false;
  }
  return count === folders.length;
}

function textOf(selector: FolderSelector): string {
  return JSON.stringify(Object.entries(selector).sort());
}

/** Returns `Import … of /evidence/1001 is open and continues: 1,200 of 5,000 files done.` */
export async function goesOnLine(api: ApiClient, view: ImportView): Promise<string> {
  const how = view.paused === null ? "continues" : "is paused";
  const done = formatNumber(view.files - view.planned);
  return `Import ${view.import_id} of ${await sourceOf(api, view)} is open and ${how}: ${done} of ${formatCount(view.files, "file")} done.`;
}

async function sourceOf(api: ApiClient, { import_id }: ImportView): Promise<string> {
  for await (const { source } of api.folders(import_id)) return source.path;
  return "no folder";
}
