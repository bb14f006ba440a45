import type {
  AuditAction,
  BucketRetention,
  DeliveryState,
  DepositView,
  ErrorCode,
  FileState,
  FindingKind,
  FolderSelector,
  IdenticalBy,
  ImportStatus,
  Labels,
  Principal,
  Priority,
  RegisterKind,
  Role,
  Scope,
  SkippedAs,
  Source,
  StampView,
  VerificationMeans,
  VerificationState,
  VerificationTarget,
  WebhookEvent,
} from "@exhibit/contracts";
import type { ColumnType, Generated } from "kysely";
import type { ShardState } from "./states.ts";

// Postgres returns 8-byte integers as text. Both drivers are set to parse them: all our numbers
// stay below 2^53.
type Json<T> = ColumnType<T, string, string>;
type ErrorDetails = Record<string, string | number | boolean>;

/**
 * The counters of an import or a folder. They change in the same transaction as the files they
 * count, so that progress never has to be counted in rows; sealing compares them with the rows.
 */
interface CounterColumns {
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
  /** Folders whose source isn't fully walked yet. */
  open_folders: number;
  /** Shards that aren't finished yet. When `open_folders` is 0, too, the import can be sealed. */
  open_shards: Generated<number>;
  /** Shards created so far: the number of the latest. */
  shards: Generated<number>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
  finished_at: Date | null;
  /** Set while a person has paused the import. */
  paused_at: Date | null;
  paused_by: string | null;
  paused_why: string | null;
  /** Why it couldn't be sealed. */
  error_code: ErrorCode | null;
  error: string | null;
  /**
   * 32 random bytes that hide from one file's proof what the other files are; null for an import
   * from before there was custody.
   */
  custody_secret: Buffer | Uint8Array | null;
  /** The import that this one adds to. */
  amends: string | null;
  /** The number of its seal in the register. */
  sealed_number: number | null;
  /** Since when it waits for a worker that has the register's key. */
  seal_waits_since: Date | null;
  /**
   * The roots of the scope in which it was created: its sources, and what links in them lead to,
   * must lie below one of them. Null for no limit but that of the configuration.
   */
  source_limits: string[] | null;
  /** What people call it. */
  title: string | null;
  /** What people file it under, by key. */
  labels: ColumnType<Labels, string | undefined, string>;
  /** How far its turns are apart. */
  priority: Generated<Priority>;
  /** When its planning may begin; null for at once. */
  start_at: ColumnType<Date | null, string | null | undefined, string | null>;
  /** Somebody decided that nothing of it counts for its case. */
  set_aside: Generated<boolean>;
  /** The webhook that it named as its callback; it may have been removed since. */
  callback_id: string | null;
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
  /** The same as `ShardTable.starts_at_end`, for its walk. */
  starts_at_end: number | null;
  /** Where its files go: the first lease that is used decides it, and only a person changes it. */
  endpoint: string | null;
  bucket: string | null;
  prefix: string | null;
  /** What that bucket itself keeps, as OSS said; null if it wasn't asked. */
  retention: BucketRetention | null;
  /** Where a later lease led instead, until a person accepts it. */
  offered_endpoint: string | null;
  offered_bucket: string | null;
  offered_prefix: string | null;
  error_code: ErrorCode | null;
  error: string | null;
  error_at: Date | null;
  /** The parts of the error's sentence. */
  error_details: ColumnType<ErrorDetails | null, never, never>;
  /**
   * A person has retried its files: if one of them turns out to be gone, the source is walked once
   * more.
   */
  walk_again: Generated<boolean>;
  /**
   * The folder of the last import from the same source to the same place, once the two are
   * compared.
   */
  compared_with: number | null;
  /** Files of `compared_with` that aren't in the source any more. */
  vanished: number | null;
  /** The first of them by path. */
  vanished_paths: string[] | null;
}

interface ShardTable {
  id: Generated<number>;
  import_id: string;
  folder_id: number;
  /** The shard's number within the import, from 1. */
  number: number;
  files: number;
  bytes: number;
  state: Generated<ShardState>;
  /** Bytes of its unfinished files that have been sent, as its worker last reported. */
  sending_bytes: Generated<number>;
  /** When it was planned, or when a person last retried it. */
  opened_at: Generated<Date>;
  /**
   * Consecutive crashes: runs in a row that recorded nothing and never ended, because their process
   * died.
   */
  unended_runs: Generated<number>;
  /**
   * The job's start count when the shard finished. A job that runs with a higher count was
   * restarted by BullMQ, because its completion was lost; a person's retry resets the count, so
   * that it runs with a lower or equal one.
   */
  starts_at_end: number | null;
  /** The number of its last run: how often a worker has claimed it. */
  openings: Generated<number>;
  /** The trace of its last run, where telemetry is on. */
  trace_id: string | null;
}

/**
 * By which the files of a finished shard are found by their bytes; a shard that an earlier release
 * finished has none until the reconciler makes it.
 */
interface ShardDigestsTable {
  shard_id: number;
  /** The first four bytes of each SHA-256, as a number. */
  heads: number[];
}

/** A file and, once it is stored, its receipt. */
export interface FileTable {
  id: Generated<number>;
  folder_id: number;
  /** Null for what is never sent: skipped entries, and files that failed while planning. */
  shard_id: number | null;
  /**
   * The file's number in its folder, from 1, when the vendor opens the folder's files one by one.
   */
  slot: number | null;
  /** Relative to the source. Its names need not all be UTF-8: see `isWrittenOut`. */
  path: string;
  /**
   * The path's text in its normal form, by which files share a key; null when that is the path
   * itself.
   */
  normal: string | null;
  size: number;
  /** Milliseconds since the epoch; null means that the file is taken as it is now. */
  modified_ms: number | null;
  state: FileState;
  /**
   * What follows the lease's prefix in the object's key, where that isn't the path in its normal
   * form.
   */
  key: string | null;
  /** 32 bytes. */
  sha256: Buffer | Uint8Array | null;
  /** 8 bytes, big-endian. */
  crc64: Buffer | Uint8Array | null;
  etag: string | null;
  request_id: string | null;
  stored_at: Date | null;
  /**
   * The number of its lease in `lease_uses`, or in `leases` for files that an earlier release
   * stored.
   */
  lease: number | null;
  /** What a skipped entry is. */
  skipped_as: SkippedAs | null;
  error_code: ErrorCode | null;
  error: string | null;
  /** When its error was recorded; null for one that an earlier release recorded. */
  error_at: Date | null;
  /** The parts of the error's sentence. */
  error_details: ColumnType<ErrorDetails | null, never, never>;
  waived_by: string | null;
  waived_why: string | null;
  waived_at: Date | null;
  /** The object's version, where the bucket keeps versions. */
  version_id: string | null;
  /** What proves an identical file; null for one that an earlier release found. */
  identical_by: IdenticalBy | null;
  /** Until when OSS keeps the object, where it was asked to. */
  retained_until: Date | null;
  /** 32 bytes; only where the deployment computes it. */
  sm3: Buffer | Uint8Array | null;
  /** True for a failed entry that is a folder; else null. */
  is_folder: boolean | null;
  /**
   * Only for a folder: how many files lie below it, which have no rows of their own; null when
   * nobody knows.
   */
  stands_for: number | null;
}

/** What receipts of an earlier release have in common. No row is added any more. */
interface LeaseTable {
  number: Generated<number>;
  /** The broker's id of it; its credentials are never stored. */
  id: string;
  /** How the keys of its files begin. */
  prefix: string;
}

/** What receipts have in common: a lease, as one worker used it. Rows are only added. */
interface LeaseUseTable {
  /** Shared with `LeaseTable`: a number is a row of one of the two. */
  number: Generated<number>;
  /** The broker's id of it; its credentials are never stored. */
  id: string;
  /** How the keys of its files begin. */
  prefix: string;
  vendor: string;
  endpoint: string;
  bucket: string;
  /** The number of the worker's facts. */
  worker: number | null;
}

/** Facts about workers, one row for all workers that are alike. Rows are only added. */
interface WorkerFactsTable {
  number: Generated<number>;
  host: string;
  os_user: string;
  /** Exhibit's version. */
  version: string;
  node: string;
  openssl: string;
}

/**
 * What touched a file's integrity and was repaired: the file's row tells only how it ended. Rows
 * are only added.
 */
interface IncidentTable {
  id: Generated<number>;
  folder_id: number | null;
  /** Null for an incident of the whole folder. */
  file_id: number | null;
  at: Generated<Date>;
  code: ErrorCode;
  message: string;
  worker: number | null;
}

/** What a process of the API asks the workers, while it waits for the answer. */
interface QuestionTable {
  id: Generated<string>;
  asked_at: Generated<Date>;
  /** A principal's name. */
  asked_by: string;
  scope: Json<Scope>;
  /** JSON as text: names of files may hold what `jsonb` refuses. */
  question: string;
  answer: string | null;
}

/** Whose ledger this is, in one row. */
interface DeploymentTable {
  only_one: Generated<boolean>;
  id: Generated<string>;
  /** Null until the first process with a configuration has started. */
  world: "trial" | "live" | null;
  created_at: Generated<Date>;
  /** The register's name, which its first entry fixes. */
  register: string | null;
}

/** Where the configuration has a vendor's folders: each process must agree. */
interface VendorPlaceTable {
  vendor: string;
  gateway: string;
  /** Null where the vendor's responses tell it. */
  endpoint: string | null;
  bucket: string | null;
  at: Generated<Date>;
  who: string;
  why: string | null;
}

/** A multipart upload that is, or may be, open in OSS. */
interface UploadTable {
  id: Generated<number>;
  file_id: number;
  /** OSS's id of it. */
  upload_id: string;
  endpoint: string;
  bucket: string;
  key: string;
  part_size: number;
  /** The source's size when the upload began. */
  size: number;
  modified_ms: number;
  /** When it began, by OSS's clock. */
  began_at: Date;
  /** Nobody will resume it. */
  given_up: Generated<boolean>;
  /** How often aborting it failed; `abort_at` is when that is tried next. */
  aborts: Generated<number>;
  abort_at: Generated<Date>;
}

/** A part that OSS has acknowledged. */
interface UploadPartTable {
  upload: number;
  number: number;
  etag: string;
  /** Unsigned, in decimal digits. */
  crc64: string;
}

/** The vendors that a person has paused. */
interface PausedVendorTable {
  vendor: string;
  at: Generated<Date>;
  who: string;
  why: string | null;
}

/** The audit log: what people did to imports, vendors and other things. Rows are only added. */
export interface AuditTable {
  id: Generated<number>;
  /** Null for an event of something else. */
  import_id: string | null;
  /** Null for an event of something else. */
  vendor: string | null;
  /** What else was acted on, as its path below /v1: `keys/AbC12345`. */
  subject: string | null;
  at: Generated<Date>;
  who: string;
  what: AuditAction;
  why: string | null;
  folder_id: number | null;
  file_id: number | null;
  code: string | null;
  /** How many files were retried or waived. */
  files: number | null;
  /** What it was about, where that is more than the other columns say. */
  details: ColumnType<Record<string, unknown> | null, string | null | undefined, string | null>;
}

/** Who read lists of evidence: the first time in each hour. */
interface ReadTable {
  id: Generated<number>;
  at: Generated<Date>;
  /** When the hour began, by the clock of the process. */
  hour: Date;
  who: string;
  /** Which list, by the end of its path: `files`, `files.csv`. */
  what: string;
  /** Of what, as its path below /v1: `imports/0f8fad5b-…`, `cases/E-77`. */
  subject: string;
}

/** Bandwidth limits that were set. Rows are only added, and the last one applies. */
interface BandwidthLimitTable {
  id: Generated<number>;
  at: Generated<Date>;
  who: string;
  why: string | null;
  /** In rclone's notation. */
  bwlimit: string;
}

/** Worker processes that are alive, or were recently. */
interface WorkerTable {
  id: string;
  seen_at: Generated<Date>;
  /** The number of its facts. */
  worker: number | null;
  /** What it waits for, as it last reported. */
  waits: ColumnType<unknown, string | null | undefined, string | null>;
  /** When it was first heard from. */
  since: Generated<Date>;
  /** What it says of itself, as it last reported. */
  report: ColumnType<unknown, string | null | undefined, string | null>;
}

/** How an import moved within some seconds; old rows are removed. */
interface ProgressTable {
  import_id: string;
  /** How many seconds the row is about: see `workers/progress.ts`. */
  step: number;
  /** When these begin. */
  at: Date;
  /** When something moved first in them, and last, as well as that is known. */
  began_at: Date;
  moved_at: Date;
  /** Files that were done with. A part of a file, where its report is about more than these seconds. */
  files: number;
  /** Bytes that were proved or sent; below zero where more were sent in vain. */
  bytes: number;
}

/** The keys of the API. Rows stay when a key is revoked or has expired. */
export interface ApiKeyTable {
  /** Their order. */
  number: Generated<number>;
  /** What the key's text has behind `exh_`. */
  id: string;
  name: string;
  role: Role;
  scope: Json<Scope>;
  may_name_others: boolean;
  /** The SHA-256 of the key's text. */
  digest: Buffer | Uint8Array;
  /** The same of the text before the last rotation, which works until `previous_until`. */
  previous_digest: Buffer | Uint8Array | null;
  previous_until: Date | null;
  created_at: Generated<Date>;
  created_by: string;
  expires_at: Date;
  revoked_at: Date | null;
  revoked_by: string | null;
  /** To the minute. */
  last_used_at: Date | null;
}

/** The sessions of browsers. A row goes when its session ends. */
interface SessionTable {
  /** What people call it. It isn't secret. */
  number: Generated<number>;
  /** The SHA-256 of its token. */
  digest: Buffer | Uint8Array;
  /** On whose authority its requests act. */
  principal: Json<Principal>;
  /** The key that it was opened with; null for a person's own login. */
  key_id: string | null;
  /** Whether its cookie is one for HTTPS alone. */
  secure: boolean;
  created_at: Generated<Date>;
  /** When it was used last, to the minute. */
  seen_at: Date;
  expires_at: Date;
}

/** Whom the identity provider has vouched for. */
interface KnownPersonTable {
  number: Generated<number>;
  /** The principal's name. */
  name: string;
  /** Those of the last time. */
  role: Role;
  scope: Json<Scope>;
  first_seen_at: Date;
  /** To the minute. */
  seen_at: Date;
}

/** Logins by the identity provider that are under way. A row goes when its answer comes. */
interface LoginAttemptTable {
  /** The SHA-256 of the token that the browser holds. */
  digest: Buffer | Uint8Array;
  /** Where the person wanted to go. */
  target: string;
  created_at: Generated<Date>;
  expires_at: Date;
}

/** The codes of login links, each for one use. */
interface LoginCodeTable {
  /** The SHA-256 of the code. */
  digest: Buffer | Uint8Array;
  /** The key that the session is opened with. */
  key_id: string;
  created_at: Generated<Date>;
  expires_at: Date;
}

/** Requests that came with an Idempotency-Key. */
interface IdempotencyKeyTable {
  principal: string;
  key: string;
  created_at: Generated<Date>;
  /** The request that used the key. */
  request_id: string;
  /** SHA-256 of what it asked for. */
  fingerprint: Buffer | Uint8Array;
  /** SHA-256 of what its sender may see; null if an earlier release recorded it. */
  scope: Buffer | Uint8Array | null;
  /** The import that it created or changed. */
  import_id: string | null;
  /** How it was answered; null until the answer is kept. */
  status: number | null;
  headers: ColumnType<Record<string, string> | null, string | null, string | null>;
  body: string | null;
}

/** Who is told what becomes of imports. */
export interface WebhookTable {
  /** Their order. */
  number: Generated<number>;
  id: string;
  /** Whose it is: a principal's name. */
  principal: string;
  /** The owner's key, which may have followed another of the same name; null for an owner without. */
  key_id: string | null;
  /** The scope of an owner without a key, when they last asked for their webhooks. */
  scope: Json<Scope> | null;
  /** Until when that is believed. */
  valid_until: Date | null;
  url: string;
  /** The events that it is told; null for all. */
  events: WebhookEvent[] | null;
  /** Whether it is told of all imports that its owner sees, or of those that name it as their callback. */
  imports: "all" | "named";
  description: string | null;
  active: Generated<boolean>;
  /** It isn't active because its receiver said that it is gone. */
  is_gone: Generated<boolean>;
  /** Encrypted. */
  secret: string;
  /** The one before the last rotation, encrypted; it also signs until `previous_until`. */
  previous_secret: string | null;
  previous_until: Date | null;
  created_at: Generated<Date>;
  created_by: string;
  /** How many tries in a row have failed. */
  failures: Generated<number>;
  /** Nothing is sent before. */
  hold_until: Date | null;
  succeeded_at: Date | null;
  failed_at: Date | null;
  /** Why the last try failed. */
  error: string | null;
}

/** What webhooks are told: the outbox. `tell_webhooks` of the migration writes it. */
export interface DeliveryTable {
  /** Their order. */
  number: Generated<number>;
  id: Generated<string>;
  webhook_id: string;
  /** Null for a test. */
  import_id: string | null;
  event: WebhookEvent | "webhook.test";
  created_at: Generated<Date>;
  data: Json<Record<string, unknown>>;
  state: Generated<DeliveryState>;
  tries: Generated<number>;
  /** When it is tried next, if it is pending. */
  due_at: Generated<Date>;
  tried_at: Date | null;
  /** The HTTP status of the last answer. */
  status: number | null;
  /** Why the last try failed. */
  error: string | null;
  /** How the last answer's body began. */
  answer: string | null;
}

/**
 * What is signed, in a chain of digests: seals of imports, and the keys that sign them. Rows are
 * only added, numbered from 1 without a gap.
 */
interface RegisterTable {
  number: number;
  kind: RegisterKind;
  /** Of a seal. */
  import_id: string | null;
  at: Generated<Date>;
  text: string;
  /** SHA-256 of the text. */
  digest: Buffer | Uint8Array;
  /** Of the chain after this entry. */
  head: Buffer | Uint8Array;
  /** The id of the key that signed it; null for an entry without a signature. */
  key: string | null;
  signature: Buffer | Uint8Array | null;
  /** By the key that a new key replaces. */
  countersignature: Buffer | Uint8Array | null;
  /** Of a seal: `contents.txt`, the digests of its lists. */
  contents: string | null;
  /** Of a seal: its act. The import's acts before it are sealed. */
  last_act: number | null;
  /** Of a seal: the last incident that is sealed; 0 for none. */
  last_incident: number | null;
  /** Of a seal: the numbers of the workers whose facts are sealed. */
  workers: number[] | null;
}

/** The keys that signed entries, by their ids. Rows are only added. */
interface SealKeyTable {
  id: string;
  algorithm: string;
  /** The public key. */
  public_pem: string;
  /** The entry that put it on the register. */
  since: number;
}

/** What an authority says of when an entry was there. Once given, a stamp is never changed. */
interface StampTable {
  entry: number;
  authority: string;
  state: Generated<StampView["state"]>;
  attempts: Generated<number>;
  asked_at: Date | null;
  /** Of a pending one: when it is due. */
  next_at: Generated<Date>;
  /** The authority's whole answer. */
  token: Buffer | Uint8Array | null;
  /** The authority's time. */
  stamped_at: Date | null;
  serial: string | null;
  /** What it was checked against. */
  root: string | null;
  error: string | null;
}

/** What is kept elsewhere of an entry: with a third party, or beside the evidence of a folder. */
interface DepositTable {
  entry: number;
  /** `url` and `mail` are third parties; of what is beside the evidence it is `vendor NAME`. */
  receiver: string;
  /** The position of the folder, from 1; 0 for a third party. */
  folder: Generated<number>;
  /** `head`, `seal`, or `stamp NAME`. */
  part: string;
  /** Below the folder's own prefix, with `/` at its end; null for a third party. */
  place: string | null;
  state: Generated<DepositView["state"]>;
  attempts: Generated<number>;
  asked_at: Date | null;
  /** Of a pending one: when it is due. */
  next_at: Generated<Date>;
  deposited_at: Date | null;
  /** The objects that it is in; null until they are there. */
  keys: string[] | null;
  error: string | null;
}

/** What a journal of the register commits to besides the entries before it. Rows are only added. */
interface JournalTable {
  number: number;
  /** Its acts are those behind the journal before, up to this one. */
  last_act: number;
  /** The random bytes that the salts of its acts are made of. */
  secret: Buffer | Uint8Array;
}

/** The stamps that journals commit to, each in one of them. Rows are only added. */
interface JournalStampTable {
  entry: number;
  authority: string;
  journal: number;
}

/** Certificates of authorities in PEM, by their SHA-256. */
interface StampRootTable {
  id: string;
  pem: string;
}

/** A key that isn't to be trusted any more. Rows are only added. */
interface DistrustedKeyTable {
  key: string;
  /** The first entry whose signature by it says nothing. */
  from_number: number;
  at: Generated<Date>;
  who: string;
  why: string;
}

/** What is compared with the receipts of a seal, and how far that is. */
interface VerificationTable {
  number: Generated<number>;
  import_id: string;
  seal_number: number;
  seal_digest: Buffer | Uint8Array;
  /** How many receipts the seal has. */
  leaves: number;
  against: VerificationTarget;
  /** As it was asked for. */
  by_means: VerificationMeans | null;
  /** What was used so far. */
  means: Generated<string[]>;
  /** How many receipts are picked; null for all. */
  sample: number | null;
  seed: string | null;
  /** The position of the only folder, from 1; null for all. */
  folder: number | null;
  states: FileState[] | null;
  /** Files a second, at most. */
  rate: number | null;
  why: string | null;
  who: string;
  /** The name of the schedule that began it. */
  schedule: string | null;
  state: Generated<VerificationState>;
  error_code: string | null;
  error: string | null;
  /** Of 4,096 receipts. */
  parts: number;
  parts_done: Generated<number>;
  /** The last entry of the last part that is done. */
  place_folder: number | null;
  place_path: string | null;
  checked: Generated<number>;
  same: Generated<number>;
  differs: Generated<number>;
  missing: Generated<number>;
  younger: Generated<number>;
  extra: Generated<number>;
  unreadable: Generated<number>;
  /** Its number in the register. */
  entry: number | null;
  findings_digest: Buffer | Uint8Array | null;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
  ended_at: Date | null;
}

/** How far the seals are put down for a schedule of verifications. */
interface ScheduleTable {
  name: string;
  /** The last entry of the register that was looked at. */
  up_to: Generated<number>;
}

/** A seal that a schedule verifies. */
interface ScheduledSealTable {
  schedule: string;
  import_id: string;
  /** When it was sealed, or its last verification by this schedule began. */
  since: Date;
}

/** What a verification found to be otherwise. */
interface FindingTable {
  id: Generated<number>;
  verification: number;
  /** Which part found it; the one behind the last is the seal's own. */
  part: number;
  kind: FindingKind;
  /** The position of its folder, from 1. */
  folder: number | null;
  file_id: number | null;
  path: string | null;
  key: string | null;
  what: string | null;
  expected: string | null;
  found: string | null;
  code: string | null;
  /** How many files it stands for. */
  files: Generated<number>;
}

/** 256 leaves of a seal's tree, the last one fewer. */
interface SealBlockTable {
  import_id: string;
  /** From 0. */
  number: number;
  /** The position of its first entry's folder, from 1. */
  folder: number;
  /** Its first entry's path, as `files` has it. */
  path: string;
  /** The root of its leaves. */
  root: Buffer | Uint8Array;
  /** The same by SM3; only where the deployment digests by it as well. */
  root_sm3: Buffer | Uint8Array | null;
  /** The first four bytes of each leaf's hash. */
  marks: Buffer | Uint8Array;
}

export interface LedgerSchema {
  acts: AuditTable;
  api_keys: ApiKeyTable;
  sessions: SessionTable;
  known_people: KnownPersonTable;
  login_codes: LoginCodeTable;
  login_attempts: LoginAttemptTable;
  bandwidth_limits: BandwidthLimitTable;
  paused_vendors: PausedVendorTable;
  reads: ReadTable;
  progress: ProgressTable;
  imports: ImportTable;
  folders: FolderTable;
  shards: ShardTable;
  shard_digests: ShardDigestsTable;
  files: FileTable;
  deliveries: DeliveryTable;
  deployment: DeploymentTable;
  idempotency_keys: IdempotencyKeyTable;
  incidents: IncidentTable;
  lease_uses: LeaseUseTable;
  leases: LeaseTable;
  questions: QuestionTable;
  register: RegisterTable;
  seal_blocks: SealBlockTable;
  seal_keys: SealKeyTable;
  stamps: StampTable;
  stamp_roots: StampRootTable;
  deposits: DepositTable;
  journals: JournalTable;
  journal_stamps: JournalStampTable;
  distrusted_keys: DistrustedKeyTable;
  verifications: VerificationTable;
  schedules: ScheduleTable;
  scheduled_seals: ScheduledSealTable;
  findings: FindingTable;
  uploads: UploadTable;
  upload_parts: UploadPartTable;
  vendor_places: VendorPlaceTable;
  webhooks: WebhookTable;
  worker_facts: WorkerFactsTable;
  workers: WorkerTable;
}
