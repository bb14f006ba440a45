import type { IdenticalBy } from "@exhibit/contracts";
import { type ReceiptLine, receiptLine, saltsOf } from "@exhibit/custody";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { type FileRow, fileView, placeColumns, placeJoins } from "../views/files/files.ts";

/** An import as its seal sees it. */
export interface SealedImport {
  readonly id: string;
  /** The 32 random bytes that its salts are made of. */
  readonly secret: Uint8Array;
}

/** Where an entry stands among all of its import. */
export interface Place {
  /** The position of its folder, from 1. */
  readonly folder: number;
  /** Its path, as `files` has it. */
  readonly path: string;
}

/** What a seal commits to of one entry. */
export interface SealedEntry {
  readonly place: Place;
  readonly fileId: number;
  readonly receipt: ReceiptLine;
  /** The receipt as its line of `receipts.ndjson`, without its end. */
  readonly line: string;
}

/** Four blocks: large enough for few round trips, small enough for the memory of a worker. */
const PAGE = 1_024;

/** Before all entries. */
const START: Place = { folder: 0, path: "" };

/** A receipt names its worker by its number, and `import.json` has the facts of each. */
interface EntryRow extends FileRow {
  position: number;
  worker_number: number | null;
}

interface FolderOfEntry {
  source: string;
  vendor: string;
}

/**
 * Returns what the ledger knows of each entry of an import, in the order of the seal: by folder, then
 * by the bytes of the path. It reads page by page and holds two at most, so it is for an
 * import whose entries don't change any more.
 *
 * @param after The entries behind it; all by default.
 */
export async function* sealedEntries(
  ledger: Ledger,
  sealed: SealedImport,
  after: Place = START,
): AsyncGenerator<SealedEntry[]> {
  const folders = await readFolders(ledger, sealed.id);
  const salt = saltsOf(sealed.secret);
  let page = readPage(ledger, sealed.id, after, PAGE);
  try {
    for (;;) {
      const rows = await page;
      const end = rows.length === PAGE ? rows.at(-1) : undefined;
      // The ledger reads the next page while the reader is busy with this one.
      if (end) {
        page = readPage(ledger, sealed.id, { folder: end.position + 1, path: end.path }, PAGE);
        page.catch(() => {});
      }
      if (rows.length > 0) yield rows.map((row) => entryOf(row, folders, salt));
      if (end === undefined) return;
    }
  } finally {
    // Whoever stops in the middle may close the ledger next.
    await page.catch(() => {});
  }
}

/** Does the same for so many entries from one on, which is among them. */
export async function sealedEntriesFrom(
  ledger: Ledger,
  sealed: SealedImport,
  { from, count }: { from: Place; count: number },
): Promise<SealedEntry[]> {
  const folders = await readFolders(ledger, sealed.id);
  const salt = saltsOf(sealed.secret);
  const rows = await readPage(ledger, sealed.id, from, count, sql`>=`);
  return rows.map((row) => entryOf(row, folders, salt));
}

/**
 * Returns the first entries, in the order of the seal, that weren't stored and weren't there already,
 * for people to read.
 */
export async function unstoredEntries(
  ledger: Ledger,
  sealed: SealedImport,
  limit: number,
): Promise<SealedEntry[]> {
  const folders = await readFolders(ledger, sealed.id);
  const salt = saltsOf(sealed.secret);
  const { rows } = await sql<EntryRow>`
    select page.*, ${placeColumns}, folders.position, lease_uses.worker as worker_number
    from folders join files as page on page.folder_id = folders.id ${placeJoins}
    where folders.import_id = ${sealed.id} and page.state not in ('stored', 'identical')
    order by folders.position, page.path collate "C" limit ${limit}`.execute(ledger.db);
  return rows.map((row) => entryOf(row, folders, salt));
}

/** Returns how many files of an import were there already, by what proves them. */
export async function countIdentical(
  { db }: Ledger,
  importId: string,
): Promise<Partial<Record<IdenticalBy, number>>> {
  const { rows } = await sql<{ by: IdenticalBy; files: number }>`
    select identical_by as by, count(*) as files from folders join files on files.folder_id = folders.id
    where folders.import_id = ${importId} and files.state = 'identical' and identical_by is not null
    group by identical_by`.execute(db);
  return Object.fromEntries(rows.map(({ by, files }) => [by, files]));
}

/** Does the same for the entries from one place to before another. */
export async function* sealedEntriesBetween(
  ledger: Ledger,
  sealed: SealedImport,
  { from, until }: { from: Place | undefined; until: Place | undefined },
): AsyncGenerator<SealedEntry[]> {
  const folders = await readFolders(ledger, sealed.id);
  const salt = saltsOf(sealed.secret);
  let [last, behind] = [from ?? START, from === undefined ? sql`>` : sql`>=`];
  for (;;) {
    const rows = await readPage(ledger, sealed.id, last, PAGE, behind);
    const places = rows.map((row) => ({ folder: row.position + 1, path: row.path }));
    const end = until === undefined ? -1 : places.findIndex((place) => !isBehind(until, place));
    const within = end === -1 ? rows : rows.slice(0, end);
    if (within.length > 0) yield within.map((row) => entryOf(row, folders, salt));
    const next = places.at(-1);
    if (end !== -1 || next === undefined || rows.length < PAGE) return;
    [last, behind] = [next, sql`>`];
  }
}

/** Returns whether a place is behind another, in the order of the seal. */
export function isBehind(place: Place, other: Place): boolean {
  if (place.folder !== other.folder) return place.folder > other.folder;
  return Buffer.compare(Buffer.from(place.path), Buffer.from(other.path)) > 0;
}

async function readPage(
  { db }: Ledger,
  importId: string,
  { folder, path }: Place,
  count: number,
  behind = sql`>`,
): Promise<EntryRow[]> {
  return await db.transaction().execute(async (tx) => {
    // A table without statistics, as PGlite's always are, looks so small that Postgres would rather
    // collect and sort the rest of a folder for each page.
    await sql`set local enable_bitmapscan = off`.execute(tx);
    // One comparison with the path, so that its index begins where the page does.
    const { rows } = await sql<EntryRow>`
      select page.*, ${placeColumns}, folders.position, lease_uses.worker as worker_number
      from folders, lateral (
        select * from files
        where folder_id = folders.id
          and path collate "C" ${behind} case when folders.position >= ${folder} then '' else ${path}::text end
        order by path collate "C" limit ${count}
      ) as page ${placeJoins}
      where folders.import_id = ${importId} and folders.position >= ${folder - 1}
      order by folders.position, page.path collate "C"
      limit ${count}`.execute(tx);
    return rows;
  });
}

async function readFolders({ db }: Ledger, importId: string): Promise<FolderOfEntry[]> {
  const rows = await db
    .selectFrom("folders")
    .select(["source", "vendor"])
    .where("import_id", "=", importId)
    .orderBy("position")
    .execute();
  return rows.map(({ source, vendor }) => ({ source: source.path, vendor }));
}

function entryOf(
  row: EntryRow,
  folders: readonly FolderOfEntry[],
  salt: (what: string) => string,
): SealedEntry {
  const { source = "", vendor = "" } = folders[row.position] ?? {};
  const folder = row.position + 1;
  const view = fileView(row, false);
  const receipt: ReceiptLine = {
    folder,
    source,
    path: view.path,
    raw_path: view.raw_path ?? undefined,
    vendor,
    state: view.state,
    size: view.size,
    salt: salt(`${folder}/${view.raw_path ?? view.path}`),
    modified_at: view.modified_at ?? undefined,
    is_folder: view.is_folder || undefined,
    stands_for: view.stands_for ?? undefined,
    endpoint: view.endpoint ?? undefined,
    bucket: view.bucket ?? undefined,
    key: view.key ?? undefined,
    version_id: view.version_id ?? undefined,
    identical_by: view.identical_by ?? undefined,
    sha256: view.sha256 ?? undefined,
    sm3: view.sm3 ?? undefined,
    crc64: view.crc64 ?? undefined,
    etag: view.etag ?? undefined,
    request_id: view.request_id ?? undefined,
    retained_until: view.retained_until ?? undefined,
    lease_id: view.lease_id ?? undefined,
    stored_at: view.stored_at ?? undefined,
    worker: row.worker_number ?? undefined,
    error: view.error?.code,
    waived_at: view.waived_at ?? undefined,
    waived_by: view.waived_by ?? undefined,
    waived_why: view.waived_why ?? undefined,
    skipped_as: view.skipped_as ?? undefined,
  };
  const line = receiptLine(receipt);
  return { place: { folder, path: row.path }, fileId: row.id, receipt, line };
}
