import type {
  AuditAction,
  ErrorCode,
  FileState,
  FolderSelector,
  ImportStatus,
  SkippedAs,
  Source,
} from "@exhibit/contracts";
import type { ColumnType, Generated } from "kysely";
import type { ShardState } from "./states.ts";

// Postgres gives 8-byte integers as text; both drivers are set to parse them (all our numbers stay below 2^53).
type Json<T> = ColumnType<T, string, string>;

/**
 * The counters of an import or a folder. They change in the same transaction as the files they count, so that a
 * progress bar never has to count rows; sealing checks them against the rows.
 */
export interface CounterColumns {
  files: Generated<number>;
  bytes: Generated<number>;
  stored: Generated<number>;
  stored_bytes: Generated<number>;
  identical: Generated<number>;
  identical_bytes: Generated<number>;
  failed: Generated<number>;
  waived: Generated<number>;
  skipped: Generated<number>;
}

export interface ImportTable extends CounterColumns {
  id: string;
  entrust_id: string | null;
  suit_ids: string[];
  status: Generated<ImportStatus>;
  /** Folders whose source isn't walked to its end yet. */
  open_folders: number;
  /** Shards that aren't finished yet. With `open_folders` at 0 too, the import can be sealed. */
  open_shards: Generated<number>;
  /** Shards made so far: the next shard's number. */
  shards: Generated<number>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
  finished_at: Date | null;
  /** Set while a person has paused it. */
  paused_at: Date | null;
  paused_by: string | null;
  paused_why: string | null;
  /** Why it couldn't be sealed. */
  error_code: ErrorCode | null;
  error: string | null;
  /** 32 random bytes that hide from one file's proof what the others are; null: made before there was custody. */
  custody_secret: Buffer | Uint8Array | null;
  /** The import that this one adds to. */
  amends: string | null;
  /** The number of its seal in the register. */
  sealed_number: number | null;
}

export interface FolderTable extends CounterColumns {
  id: Generated<number>;
  import_id: string;
  position: number;
  vendor: string;
  selector: Json<FolderSelector>;
  source: Json<Source>;
  planned: Generated<boolean>;
  open_shards: Generated<number>;
  /** As a shard's. */
  starts_at_end: number | null;
  /** Where its files go; the first lease that is used says it, and nothing but a person's word changes it. */
  endpoint: string | null;
  bucket: string | null;
  prefix: string | null;
  /** Where a later lease would have led instead, until a person accepts it. */
  offered_endpoint: string | null;
  offered_bucket: string | null;
  offered_prefix: string | null;
  error_code: ErrorCode | null;
  error: string | null;
  /** A person has had its files tried again: when one of them turns out to be gone, its source is walked once more. */
  walk_again: Generated<boolean>;
  /** The folder of the last import from the same source to the same place, once they have been compared. */
  compared_with: number | null;
  /** Files of that one that aren't here any more. */
  vanished: number | null;
  /** The first of them by path. */
  vanished_paths: string[] | null;
}

interface ShardTable {
  id: Generated<number>;
  import_id: string;
  folder_id: number;
  /** Position within the import, from 1: the priority of its job. */
  number: number;
  files: number;
  bytes: number;
  state: Generated<ShardState>;
  /** Bytes of its unfinished files that have been sent, as its worker last told. */
  sending_bytes: Generated<number>;
  /** When it was planned, or when a person last had it tried again. */
  opened_at: Generated<Date>;
  /** Runs in a row that began, recorded nothing, and never said that they ended: their process died. */
  unended_runs: Generated<number>;
  /** How often its job had been started when it was finished: started once more, it comes again by nobody's doing. */
  starts_at_end: number | null;
  /** How often a worker has taken it up. */
  openings: Generated<number>;
}

/** A file and, once it is stored, its receipt. */
export interface FileTable {
  id: Generated<number>;
  folder_id: number;
  /** Null for what is never sent: skipped entries, and files that failed while planning. */
  shard_id: number | null;
  /** From 1 on: the file's number in its folder, when the vendor opens the folder's files one by one. */
  slot: number | null;
  /** Relative to the source; not all of its names need be UTF-8, see `isWrittenOut`. */
  path: string;
  /** The path's text in its normal form, by which files share a key; null when that is the path itself. */
  normal: string | null;
  size: number;
  /** Milliseconds since the epoch; null means: take the file as it is now. */
  modified_ms: number | null;
  state: FileState;
  /** What follows the lease's prefix in the object's key, where that isn't the path in its normal form. */
  key: string | null;
  /** 32 bytes. */
  sha256: Buffer | Uint8Array | null;
  /** 8 bytes, the highest first. */
  crc64: Buffer | Uint8Array | null;
  etag: string | null;
  request_id: string | null;
  stored_at: Date | null;
  /** The number of its lease. */
  lease: number | null;
  /** What a skipped entry is. */
  skipped_as: SkippedAs | null;
  error_code: ErrorCode | null;
  error: string | null;
  waived_by: string | null;
  waived_why: string | null;
  waived_at: Date | null;
  /** Of the object, where the bucket keeps versions. */
  version_id: string | null;
  /** 32 bytes; only where the deployment digests it. */
  sm3: Buffer | Uint8Array | null;
  /** True for a failed entry that is a folder; else null. */
  is_folder: boolean | null;
  /** Of a folder: the files below it, which have no rows of their own; null when nobody knows. */
  stands_for: number | null;
}

/** What receipts of a release before had in common; no row is added any more. */
interface LeaseTable {
  number: Generated<number>;
  /** As the broker calls it; nothing of its credentials is here. */
  id: string;
  /** How the keys of its files begin. */
  prefix: string;
}

/** What receipts have in common: a lease, as one worker used it. Rows are only ever added. */
interface LeaseUseTable {
  /** Shared with `LeaseTable`: a number is a row of one of the two. */
  number: Generated<number>;
  /** As the broker calls it; nothing of its credentials is here. */
  id: string;
  /** How the keys of its files begin. */
  prefix: string;
  vendor: string;
  endpoint: string;
  bucket: string;
  /** The number of the worker's facts. */
  worker: number | null;
}

/** What a worker is, for the record; one row for all that are alike. Rows are only ever added. */
interface WorkerFactsTable {
  number: Generated<number>;
  host: string;
  os_user: string;
  /** Of Exhibit. */
  version: string;
  node: string;
  openssl: string;
}

/** What touched the integrity of a file and was mended: its row tells only how it ended. Rows are only ever added. */
interface IncidentTable {
  id: Generated<number>;
  folder_id: number | null;
  /** Null for one of the whole folder. */
  file_id: number | null;
  at: Generated<Date>;
  code: ErrorCode;
  message: string;
  worker: number | null;
}

/** Whose ledger this is: one row. */
interface DeploymentTable {
  only_one: Generated<boolean>;
  id: Generated<string>;
  /** Null until the first process with a configuration has come. */
  world: "trial" | "live" | null;
  created_at: Generated<Date>;
}

/** Where the configuration has a vendor's folders lie: what a process must agree with. */
interface VendorPlaceTable {
  vendor: string;
  gateway: string;
  /** Null where the vendor's answers say it. */
  endpoint: string | null;
  bucket: string | null;
  at: Generated<Date>;
  who: string;
  why: string | null;
}

/** A multipart upload that is open in OSS, or may be. */
interface UploadTable {
  id: Generated<number>;
  file_id: number;
  /** OSS's own id. */
  upload_id: string;
  endpoint: string;
  bucket: string;
  key: string;
  part_size: number;
  /** What the source was when it was begun. */
  size: number;
  modified_ms: number;
  /** By OSS's clock. */
  began_at: Date;
  /** Nobody will go on with it. */
  given_up: Generated<boolean>;
  /** How often it couldn't be aborted, and when that is tried next. */
  aborts: Generated<number>;
  abort_at: Generated<Date>;
}

/** A part that OSS has acknowledged. */
interface UploadPartTable {
  upload: number;
  number: number;
  etag: string;
  /** As in `FileTable`. */
  crc64: string;
}

/** The vendors that a person has paused. */
interface PausedVendorTable {
  vendor: string;
  at: Generated<Date>;
  who: string;
  why: string | null;
}

/** What people did to imports and vendors; rows are only ever added. */
export interface AuditTable {
  id: Generated<number>;
  /** Null for an act on a vendor. */
  import_id: string | null;
  /** Null for an act on an import. */
  vendor: string | null;
  at: Generated<Date>;
  who: string;
  what: AuditAction;
  why: string | null;
  folder_id: number | null;
  file_id: number | null;
  code: string | null;
  /** Files that were taken up again, or given up. */
  files: number | null;
  /** What it was about, where that is more than the columns say. */
  details: ColumnType<Record<string, unknown> | null, string | null | undefined, string | null>;
}

/** Limits of bandwidth that were set; rows are only ever added, and the last one holds. */
interface BandwidthLimitTable {
  id: Generated<number>;
  at: Generated<Date>;
  who: string;
  why: string | null;
  /** As rclone writes it. */
  bwlimit: string;
}

/** Worker processes that live, or lived a while ago. */
interface WorkerTable {
  id: string;
  seen_at: Generated<Date>;
  /** The number of its facts. */
  worker: number | null;
  /** What it waits for, as it last told. */
  waits: ColumnType<unknown, string | null | undefined, string | null>;
}

export interface LedgerSchema {
  acts: AuditTable;
  bandwidth_limits: BandwidthLimitTable;
  paused_vendors: PausedVendorTable;
  imports: ImportTable;
  folders: FolderTable;
  shards: ShardTable;
  files: FileTable;
  deployment: DeploymentTable;
  incidents: IncidentTable;
  lease_uses: LeaseUseTable;
  leases: LeaseTable;
  uploads: UploadTable;
  upload_parts: UploadPartTable;
  vendor_places: VendorPlaceTable;
  worker_facts: WorkerFactsTable;
  workers: WorkerTable;
}
