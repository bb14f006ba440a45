import { z } from "zod";
import { folderView } from "../imports/folders.ts";
import { importView } from "../imports/imports.ts";
import { vendorState } from "../vendors.ts";
import { fleetWorker } from "./workers.ts";

/** A folder with the import that it is of. */
const folderOfImport = folderView.extend({ import_id: z.string() });
export type FolderOfImport = z.output<typeof folderOfImport>;

/** What the events of `GET /v1/events` carry, by their names. */
export const changes = {
  import: importView,
  folder: folderOfImport,
  vendor: vendorState,
  worker: fleetWorker,
  "worker-gone": z.object({ worker_id: z.string() }),
} as const;
export type ChangeName = keyof typeof changes;

/** Something that has changed, as it is now. */
export type Change = {
  [Name in ChangeName]: { readonly name: Name; readonly data: z.output<(typeof changes)[Name]> };
}[ChangeName];

/** The name of the event that says that whoever hears it has to read what they show anew. */
export const RESET = "reset";
