import type { Counters } from "@exhibit/contracts";
import type { Death } from "../deployment/deployment-process.ts";
import type { SentRequest } from "../deployment/kept-requests.ts";
import type { Leak } from "./leaks.ts";

/** What the oracle judges; all of it read from outside the product. */
export interface Facts {
  sources: SourceFact[];
  imports: ImportFact[];
  objects: ObjectFact[];
  openUploads: { key: string; id: string }[];
  /** Open, too, but begun for somebody who never heard of it, or where no lease leads any more. */
  unheardUploads: number;
  /** Requests that carried bytes of files. */
  sent: readonly SentRequest[];
  missedRequests: number;
  leaks: Leak[];
  deaths: readonly Death[];
}

/** A file of the evidence. */
export interface SourceFact {
  /** The folder that is the source. */
  source: string;
  path: string;
  /** `bucket/key` */
  key: string;
  /** The same where the vendor leads elsewhere. */
  movedKey: string;
  /** SHA-256 of what it has ever been. */
  versions: readonly string[];
  isGone: boolean;
}

export interface ImportFact {
  id: string;
  status: string;
  /** As the API gives them. */
  totals: Counters;
  /** The counters in the ledger. */
  ledger: Counters;
  openFolders: number;
  openShards: number;
  folders: FolderFact[];
  /** As the API lists them. */
  files: FileFact[];
}

export interface FolderFact {
  id: string;
  source: string;
  /** `bucket/prefix` of where its first lease led, and of where a person had it go instead. */
  places: readonly string[];
  /** Walked to its end. */
  isPlanned: boolean;
  /** Why it couldn't be walked. */
  code: string | null;
  totals: Counters;
  /** What its rows add up to. */
  counted: Counters;
}

export interface FileFact {
  folderId: string;
  path: string;
  size: number;
  state: string;
  /** As its receipt has them. */
  bucket: string | null;
  key: string | null;
  sha256: string | null;
  code: string | null;
  /** When its outcome was committed, in milliseconds since the epoch; null without one, or when the ledger can't say. */
  recordedAt: number | null;
}

export interface ObjectFact {
  /** `bucket/key` */
  key: string;
  size: number;
  sha256: string;
  /** Size and CRC64 of each write since it was last deleted, oldest first. */
  writes: string[];
}
