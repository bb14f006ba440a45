import type { FolderOfCase } from "@exhibit/credentials";
import type { PlannedFile } from "@exhibit/ledger";

/** One import. */
export interface Tenant {
  name: string;
  files: number;
  /** Virtual milliseconds. */
  beginsAt: number;
  vendor: "kongur" | "industry";
  /** Over which its files are spread; each is a sequential prefix of its own in OSS. */
  folders: number;
}

export interface Shard {
  tenant: Tenant;
  folder: FolderOfCase;
  /** What isn't stored yet. */
  left: Set<PlannedFile>;
}
