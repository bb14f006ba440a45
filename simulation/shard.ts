import type { FolderOfCase } from "@exhibit/credentials";
import type { PlannedFile } from "@exhibit/ledger";

/** One import. */
export interface Tenant {
  name: string;
  files: number;
  /** Virtual milliseconds. */
  beginsAt: number;
  vendor: "kongur" | "industry";
  /** Its files are spread over so many folders, each a sequential prefix of its own in OSS. */
  folders: number;
}

export interface Shard {
  tenant: Tenant;
  folder: FolderOfCase;
  /** The files that aren't stored yet. */
  left: Set<PlannedFile>;
}
