import type { FolderSelector } from "@exhibit/contracts";
import { z } from "zod";
import type { Vendor } from "./vendor.ts";

/** How a vendor names a folder, as JSON Schema: for forms and programs that don't know the vendor. */
export type FolderSchema = Readonly<Record<string, unknown>>;

/** Returns the schema of what a selector takes. */
export function folderSchema(selector: Vendor["selector"]): FolderSchema {
  const { $schema, ...schema } = z.toJSONSchema(selector, { io: "input" });
  return schema;
}

/**
 * Returns the folder to ask a lease for that tells where a folder's files go: where a vendor opens
 * files one by one, that of a first file.
 */
export function folderToAskFor(
  broker: { perFile(vendor: string): Vendor["perFile"] },
  { vendor, folder }: { vendor: string; folder: Readonly<FolderSelector> },
): Readonly<FolderSelector> {
  const slot = broker.perFile(vendor)?.slot({ path: "1.jpg", number: 1 });
  return slot === undefined || slot instanceof Error ? folder : { ...slot, ...folder };
}
