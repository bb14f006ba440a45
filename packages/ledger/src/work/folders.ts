import { ExhibitError } from "@exhibit/contracts";
import type { Ledger } from "../ledger.ts";
import { isScheduled } from "../states.ts";

/** Returns a folder as planning and storing need it. Throws NOT_FOUND. */
export async function readFolder({ db }: Ledger, folderId: number) {
  const folder = await db
    .selectFrom("folders")
    .innerJoin("imports", "imports.id", "folders.import_id")
    .select([
      "folders.id",
      "folders.import_id",
      "folders.vendor",
      "folders.selector",
      "folders.source",
      "folders.planned",
      "folders.error_code",
      "folders.error",
      "folders.endpoint",
      "folders.bucket",
      "folders.prefix",
      "folders.retention",
      "imports.source_limits",
      "imports.entrust_id",
      "imports.suit_ids",
      "imports.status",
      "imports.priority",
      isScheduled.as("isScheduled"),
    ])
    .where("folders.id", "=", folderId)
    .executeTakeFirst();
  if (!folder) throw new ExhibitError("NOT_FOUND", `There is no folder ${folderId} in the ledger.`);
  return folder;
}

export type FolderRow = Awaited<ReturnType<typeof readFolder>>;

/** Returns the folders of an import that are to be walked, in the order of its request. */
export async function unplannedFolders(
  { db }: Pick<Ledger, "db">,
  importId: string,
): Promise<number[]> {
  const folders = await db
    .selectFrom("folders")
    .select("id")
    .where("import_id", "=", importId)
    .where("planned", "=", false)
    .orderBy("id")
    .execute();
  return folders.map(({ id }) => id);
}

/** Returns the slots of a folder's files by their paths. */
export async function readSlots({ db }: Ledger, folderId: number): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom("files")
    .select(["path", "slot"])
    .where("folder_id", "=", folderId)
    .where("slot", "is not", null)
    .execute();
  return new Map(rows.map(({ path, slot }) => [path, slot as number]));
}
