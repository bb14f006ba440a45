import {
  ExhibitError,
  type FileDetails,
  type FolderSelector,
  type Source,
} from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../../ledger.ts";
import type { ShardState } from "../../states.ts";
import { checkImport } from "../../work/check-import.ts";
import { pageOfEvents } from "../audit.ts";
import { incidentsOf } from "../incidents.ts";
import { isTrial } from "../parts.ts";
import { type FileRow, fileView, receiptColumns, receiptJoins } from "./files.ts";

/** Incidents and acts of one file that are shown; the lists of its import have all. */
const MAX_SHOWN = 100;

interface DetailsRow extends FileRow {
  vendor: string;
  selector: FolderSelector;
  source: Source;
  shard_number: number | null;
  shard_state: ShardState | null;
  openings: number | null;
  opened_at: Date | null;
  trace_id: string | null;
}

/** Returns everything that is known of one file. Throws NOT_FOUND for one of another import, too. */
export async function readFile(
  ledger: Ledger,
  importId: string,
  fileId: string,
): Promise<FileDetails> {
  await checkImport(ledger, importId);
  const number = /^\d{1,15}$/.test(fileId) ? Number(fileId) : 0;
  const { rows } = await sql<DetailsRow>`
    select page.*, ${receiptColumns}, folders.vendor, folders.selector, folders.source,
      shards.number as shard_number, shards.state as shard_state, shards.openings, shards.opened_at, shards.trace_id
    from files as page join folders on folders.id = page.folder_id
      left join shards on shards.id = page.shard_id ${receiptJoins}
    where page.id = ${number} and folders.import_id = ${importId}`.execute(ledger.db);
  const [row] = rows;
  if (row === undefined) {
    throw new ExhibitError("NOT_FOUND", `There is no file ${fileId} in import ${importId}.`);
  }
  const [incidents, events] = await Promise.all([
    incidentsOf(ledger, importId, { limit: MAX_SHOWN, fileId: number }),
    pageOfEvents(ledger, sql`import_id = ${importId} and file_id = ${number}`, {
      limit: MAX_SHOWN,
    }),
  ]);
  return {
    ...fileView(row, isTrial(ledger)),
    import_id: importId,
    vendor: row.vendor,
    folder: row.selector,
    source: row.source,
    shard: shardOf(row),
    incidents: incidents.items,
    acts: events.items,
  };
}

function shardOf(row: DetailsRow): FileDetails["shard"] {
  const { shard_id, shard_number, shard_state, openings, opened_at, trace_id } = row;
  if (shard_id === null || shard_number === null || shard_state === null || opened_at === null)
    return null;
  return {
    shard_id: String(shard_id),
    number: shard_number,
    state: shard_state,
    runs: openings ?? 0,
    opened_at: opened_at.toISOString(),
    job_id: `store-${shard_id}`,
    trace_id,
  };
}
