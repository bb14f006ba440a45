import type { FolderSelector } from "@exhibit/contracts";
import type { Ledger } from "../ledger.ts";
import { UUID } from "./check-import.ts";

/** What a job's id stands for, in terms that people know. */
export interface WorkLabel {
  /** The id of the folder, the shard or the import. */
  id: string;
  importId: string;
  entrust_id: string | null;
  suit_ids: string[];
  /** Null for an import. */
  vendor: string | null;
  selector: FolderSelector | null;
}

/** Returns what ids stand for; unknown ids are skipped. */
export async function readWorkLabels(
  { db }: Ledger,
  kind: "folder" | "shard" | "import",
  ids: readonly string[],
): Promise<WorkLabel[]> {
  const form = kind === "import" ? UUID : /^\d{1,15}$/;
  const known = ids.filter((id) => form.test(id));
  if (known.length === 0) return [];
  if (kind === "import") {
    const rows = await db
      .selectFrom("imports")
      .select(["id", "entrust_id", "suit_ids"])
      .where("id", "in", known)
      .execute();
    return rows.map((row) => ({ ...row, importId: row.id, vendor: null, selector: null }));
  }
  const folders = db.selectFrom("folders").innerJoin("imports", "imports.id", "folders.import_id");
  const columns = [
    "imports.id as importId",
    "entrust_id",
    "suit_ids",
    "folders.vendor",
    "selector",
  ] as const;
  const rows =
    kind === "folder"
      ? await folders
          .select(["folders.id", ...columns])
          .where("folders.id", "in", known.map(Number))
          .execute()
      : await folders
          .innerJoin("shards", "shards.folder_id", "folders.id")
          .select(["shards.id", ...columns])
          .where("shards.id", "in", known.map(Number))
          .execute();
  return rows.map((row) => ({ ...row, id: String(row.id) }));
}
