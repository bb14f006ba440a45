import {
  changes,
  type FleetWorker,
  type FolderOfImport,
  type ImportView,
  type VendorState,
} from "@exhibit/contracts";
import { digestOf } from "../../http/entity-tags.ts";
import { sightingOf } from "../sighting.ts";
import type { Thing } from "./change-log.ts";

/** The name of the scope of those who have no limits. */
export const ALL = "all";

/** Returns an import: whoever has it in their scope hears of it. */
export function importThing(view: ImportView): Thing {
  const { importId, json, fingerprint, isResting } = sightingOf(view);
  const key = `import ${importId}`;
  return { key, name: "import", json, fingerprint, isOver: isResting, audience: { importId } };
}

/** Returns a folder: it is heard of with its import. */
export function folderThing(folder: FolderOfImport): Thing {
  const json = JSON.stringify(changes.folder.parse(folder));
  const key = `folder ${folder.folder_id}`;
  const audience = { importId: folder.import_id };
  const isOver = isFolderOver(folder.status);
  return { key, name: "folder", json, fingerprint: digestOf(json), isOver, audience };
}

/** Returns whether nothing runs any more for a folder. */
export function isFolderOver(status: FolderOfImport["status"]): boolean {
  return status !== "planning" && status !== "storing";
}

/** Returns a vendor's state as those with a scope are told it. */
export function vendorThing(state: VendorState, scope: string): Thing {
  const json = JSON.stringify(changes.vendor.parse(state));
  const key = `vendor ${state.vendor} ${scope}`;
  return {
    key,
    name: "vendor",
    json,
    fingerprint: digestOf(json),
    isOver: false,
    audience: { scope },
  };
}

/** Returns a worker. It is news when its work changes, and not that it was heard from again. */
export function workerThing(worker: FleetWorker): Thing {
  const { report, seen_at: _, ...rest } = worker;
  const news = { ...rest, report: report && { ...report, memory: null } };
  return {
    key: `worker ${worker.worker_id}`,
    name: "worker",
    json: JSON.stringify(changes.worker.parse(worker)),
    fingerprint: digestOf(JSON.stringify(news)),
    isOver: false,
    audience: { scope: ALL },
  };
}

/** Returns what a worker is once it isn't listed any more. */
export function goneWorker(worker_id: string): Thing {
  const json = JSON.stringify({ worker_id });
  const key = `worker ${worker_id}`;
  const audience = { scope: ALL };
  return { key, name: "worker-gone", json, fingerprint: json, isOver: true, audience };
}
