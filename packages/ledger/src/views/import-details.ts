import type { ErrorCode } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { readWaits } from "../workers/waits.ts";
import { readCallbacks } from "./callbacks.ts";
import { readCustody } from "./custody.ts";
import { readSpeeds } from "./rates/speeds.ts";

/** Returns what the views of these imports need beside the imports' rows. */
export async function readImportDetails(ledger: Ledger, importIds: string[]) {
  const [errors, vanished, sent, paused, origins, custody, callbacks, speeds, fleet] =
    await Promise.all([
      readErrors(ledger, importIds),
      readVanished(ledger, importIds),
      readSending(ledger, importIds),
      readPausedVendorsOf(ledger, importIds),
      readOrigins(ledger, importIds),
      readCustody(ledger, importIds),
      readCallbacks(ledger, importIds),
      readSpeeds(ledger, importIds),
      readWaits(ledger),
    ]);
  return { errors, vanished, sent, paused, origins, custody, callbacks, speeds, fleet };
}

export type ImportDetails = Awaited<ReturnType<typeof readImportDetails>>;

interface Origin {
  id: string;
  created_by: string | null;
  vendors: string[];
  failed_folders: number;
  acted_at: Date | null;
  amended_by: string[];
}

/**
 * Returns who created these imports, when people acted on them last, of what folders they are, and
 * which imports within the ledger's scope add to them.
 */
async function readOrigins(ledger: Ledger, importIds: string[]): Promise<Origin[]> {
  if (importIds.length === 0) return [];
  const { rows } = await sql<Origin>`
    select id,
      (select who from acts where import_id = shown.id and what = 'create' order by acts.id limit 1) as created_by,
      (select at from acts where import_id = shown.id order by acts.id desc limit 1) as acted_at,
      array(select distinct vendor from folders where import_id = shown.id order by vendor) as vendors,
      (select count(*) from folders where import_id = shown.id and (failed > 0 or error_code is not null)) as failed_folders,
      array(select imports.id from imports
        where imports.amends = shown.id and ${isWithin(ledger)} order by imports.id) as amended_by
    from imports as shown where id = any(${importIds}::uuid[])`.execute(ledger.db);
  return rows;
}

interface PausedVendor {
  import_id: string;
  vendor: string;
  at: Date;
  who: string;
  why: string | null;
}

/** Returns the paused vendors that unfinished folders of these imports wait for. */
async function readPausedVendorsOf({ db }: Ledger, importIds: string[]): Promise<PausedVendor[]> {
  if (importIds.length === 0) return [];
  const { rows } = await sql<PausedVendor>`
    select distinct folders.import_id, paused.* from paused_vendors as paused join folders on folders.vendor = paused.vendor
    where folders.import_id = any(${importIds}::uuid[]) and (folders.open_shards > 0 or not folders.planned)
    order by paused.vendor`.execute(db);
  return rows;
}

interface SentBytes {
  import_id: string;
  bytes: number;
}

async function readSending({ db }: Ledger, importIds: string[]): Promise<SentBytes[]> {
  if (importIds.length === 0) return [];
  const { rows } = await sql<SentBytes>`
    select import_id, sum(sending_bytes)::bigint as bytes from shards
    where import_id = any(${importIds}::uuid[]) and sending_bytes > 0
    group by import_id`.execute(db);
  return rows;
}

/**
 * Files of earlier imports that aren't in their sources any more: totals of an import, with names
 * from its first folder that lacks some.
 */
export interface Vanished {
  import_id: string;
  files: number;
  folders: number;
  source: string;
  paths: string[];
  last_import: string;
  last_at: Date;
  last_files: number;
}

async function readVanished({ db }: Ledger, importIds: string[]): Promise<Vanished[]> {
  if (importIds.length === 0) return [];
  const { rows } = await sql<Vanished>`
    select lacking.*, last.import_id as last_import, imports.created_at as last_at, last.stored + last.identical as last_files
    from (
      select distinct on (import_id) import_id, source ->> 'path' as source, vanished_paths as paths, compared_with,
        (sum(vanished) over of_import)::bigint as files, (count(*) over of_import) as folders
      from folders where import_id = any(${importIds}::uuid[]) and vanished > 0
      window of_import as (partition by import_id)
      order by import_id, position
    ) as lacking join folders last on last.id = lacking.compared_with join imports on imports.id = last.import_id`.execute(
    db,
  );
  return rows;
}

interface ErrorGroup {
  import_id: string;
  code: ErrorCode;
  message: string;
  files: number;
  failed: number;
  folders: number;
  stands_for: number | null;
}

/**
 * Returns one entry for each code, with the message of one of its files; a folder that can't be
 * planned counts no file.
 */
async function readErrors({ db }: Ledger, importIds: string[]): Promise<ErrorGroup[]> {
  if (importIds.length === 0) return [];
  const { rows } = await sql<ErrorGroup>`
    select import_id, code, min(message) as message, sum(files)::bigint as files, sum(failed)::bigint as failed, sum(folders)::bigint as folders,
      case when sum(folders) = sum(known) then sum(stands_for)::bigint end as stands_for
    from (
      select folders.import_id, files.error_code as code, min(files.error) as message, count(*) as files,
        count(*) filter (where files.state = 'failed') as failed,
        count(files.is_folder) as folders, count(files.stands_for) as known, coalesce(sum(files.stands_for), 0) as stands_for
      from folders join files on files.folder_id = folders.id
      where folders.import_id = any(${importIds}::uuid[]) and files.error_code is not null and files.state <> 'waived'
      group by folders.import_id, files.error_code
      union all
      select import_id, error_code, error, 0, 0, 0, 0, 0 from folders
      where import_id = any(${importIds}::uuid[]) and error_code is not null
      union all
      select id, error_code, error, 0, 0, 0, 0, 0 from imports
      where id = any(${importIds}::uuid[]) and error_code is not null
    ) as errors
    group by import_id, code
    order by files desc, code`.execute(db);
  return rows;
}
