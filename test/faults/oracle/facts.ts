import type { Counters } from "@exhibit/contracts";
import type { Death } from "../deployment/deployment-process.ts";
import type { SentRequest } from "../deployment/kept-requests.ts";
import type { Leak } from "./leaks.ts";

/** The facts that the oracle judges, all read from outside the product. */
export interface Facts {
  sources: SourceFact[];
  imports: ImportFact[];
  objects: ObjectFact[];
  openUploads: { key: string; id: string }[];
  /** Open uploads that nobody knows, because the response was lost, or that no lease can reach any more. */
  unheardUploads: number;
  /** The requests that carried bytes of files. */
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
  /** The SHA-256 of each content that it ever had. */
  versions: readonly string[];
  isGone: boolean;
}

export interface ImportFact {
  id: string;
  status: string;
  /** The API's counters. */
  totals: Counters;
  /** The ledger's counters. */
  ledger: Counters;
  openFolders: number;
  openShards: number;
  folders: FolderFact[];
  /** The files that the API lists. */
  files: FileFact[];
}

export interface FolderFact {
  id: string;
  source: string;
  /** The `bucket/prefix` where its first lease led, and of each place that a person accepted instead. */
  places: readonly string[];
  /** Whether it was walked to its end. */
  isPlanned: boolean;
  /** Why it couldn't be walked. */
  code: string | null;
  totals: Counters;
  /** The sums over its rows. */
  counted: Counters;
}

export interface FileFact {
  folderId: string;
  path: string;
  size: number;
  state: string;
  /** The receipt's bucket, key and SHA-256. */
  bucket: string | null;
  key: string | null;
  sha256: string | null;
  code: string | null;
  /** When its outcome was committed, in milliseconds since the epoch; null without one, or if the ledger doesn't know. */
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
