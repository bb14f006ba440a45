import { hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type ApiClient, toArray } from "@exhibit/client";
import { type Counters, counterNames, countersOf } from "@exhibit/contracts";
import { type JournalLine, ODD_FOLDER, oddName, type UploadSummary } from "@exhibit/sandbox";
import type { Deployment } from "../deployment/deployment.ts";
import type { Query, Row } from "../deployment/ledger-view.ts";
import type { Evidence } from "../evidence.ts";
import type { Facts, FolderFact, ImportFact, ObjectFact } from "./facts.ts";
import { leaksBelow, leaksInFile, leaksInLedger, leaksInRedis, secretsOf } from "./leaks.ts";

/** A case and its imports. */
export interface ImportedEvidence {
  evidence: Evidence;
  importIds: readonly string[];
}

/** How long the reconciler may take to abort orphaned uploads, in milliseconds. */
const UPLOADS_PATIENCE_MS = 90_000;

/**
 * Reads everything that the oracle judges. A deployment may have had other cases before: of their objects, uploads and
 * requests nothing is told.
 */
export async function gatherFacts(
  deployment: Deployment,
  imported: readonly ImportedEvidence[],
): Promise<Facts> {
  const { sandbox, requests, ledger } = deployment;
  const ids = imported.flatMap(({ importIds }) => importIds);
  const sources = imported.flatMap(({ evidence }) => evidence.files);
  const isOurs = ({ key }: { key: string }) =>
    imported.some(
      ({ evidence }) => key.startsWith(evidence.prefix) || key.startsWith(evidence.movedPrefix),
    );
  await untilQuiet(deployment, ids);
  // All is healed: no lease leads any more to where the vendor led for a while.
  const isReachable = ({ key }: { key: string }) =>
    !imported.some(({ evidence }) => key.startsWith(evidence.movedPrefix));
  const uploads = await uploadsLeft(deployment, isOurs, isReachable);
  const objects = await objectsBelow(deployment.objectsFolder, isOurs);
  await requests.catchUp();
  const secrets = secretsOf(await sandbox.issuedTokens(), deployment.secrets);
  const { rows, recorded, leaked } = await ledger.read(async (query) => ({
    rows: await readRows(query, ids, ledger.knowsCommitTimes),
    recorded: await recordedUploads(query),
    leaked: await leaksInLedger(query, secrets),
  }));
  const isOpen = (upload: OpenUpload) => isKnown(recorded)(upload) && isReachable(upload);
  const leaks = [
    ...(deployment.kind === "fleet" ? await leaksInRedis(deployment.redis.url, secrets) : []),
    ...leaked,
    ...(await leaksBelow(deployment.logsFolder, secrets)),
    ...(deployment.kind === "embedded"
      ? await leaksInFile(join(deployment.folder, "data", "exhibit.log"), secrets)
      : []),
  ];
  const imports: ImportFact[] = [];
  for (const row of rows.imports) imports.push(await importFact(deployment.api, row, rows));
  return {
    sources,
    imports,
    objects,
    openUploads: uploads.filter(isOpen),
    unheardUploads: uploads.filter((upload) => !isOpen(upload)).length,
    sent: requests.sent.filter(isOurs),
    missedRequests: requests.missed,
    leaks,
    deaths: deployment.deaths,
  };
}

/** Milliseconds without a byte for OSS: then what was on its way when an import was cancelled has its outcome. */
const QUIET_MS = 3_000;
const QUIET_PATIENCE_MS = 30_000;

/** Waits until OSS gets no more bytes: a cancelled import rests at once, its workers stop within seconds. */
async function untilQuiet({ api, requests }: Deployment, ids: readonly string[]): Promise<void> {
  const views = await Promise.all(ids.map((id) => api.get(id)));
  if (!views.some(({ status }) => status === "cancelled")) return;
  const deadline = Date.now() + QUIET_PATIENCE_MS;
  for (let before = -1; before !== requests.sent.length && Date.now() < deadline; ) {
    before = requests.sent.length;
    await sleep(QUIET_MS);
    await requests.catchUp();
  }
}

type IsOurs = (thing: { key: string }) => boolean;

/**
 * Waits until no known and reachable upload is open, or for as long as the reconciler may take, and
 * returns all open uploads.
 */
async function uploadsLeft(
  { sandbox, ledger }: Deployment,
  isOurs: IsOurs,
  isReachable: IsOurs,
): Promise<OpenUpload[]> {
  const deadline = Date.now() + UPLOADS_PATIENCE_MS;
  for (;;) {
    const all = await sandbox.openUploads();
    const open = all.map((upload) => ({ ...upload, key: `${upload.bucket}/${upload.key}` }));
    const ours = open.filter(isOurs);
    const recorded = ledger.isLive && ours.length > 0 ? await ledger.read(recordedUploads) : none;
    const isWaitedFor = ours.filter(isReachable).some(isKnown(recorded));
    if (!isWaitedFor || Date.now() > deadline) return ours;
    await sleep(500);
  }
}

type OpenUpload = Pick<UploadSummary, "id" | "key" | "parts">;
const none: ReadonlySet<string> = new Set();

async function recordedUploads(query: Query): Promise<ReadonlySet<string>> {
  const rows = await query<{ upload_id: string }>("select upload_id from uploads");
  return new Set(rows.map(({ upload_id }) => upload_id));
}

/**
 * Returns whether somebody knows an upload. Its first part is sent when it is in the ledger. One
 * without parts that isn't recorded was begun by a request whose response was lost: only the
 * bucket's lifecycle rule can end it.
 */
function isKnown(recorded: ReadonlySet<string>): (upload: OpenUpload) => boolean {
  return ({ id, parts }) => parts.length > 0 || recorded.has(id);
}

/** Reads the objects from disk, and from the sandbox's journal how often each was written. */
async function objectsBelow(folder: string, isOurs: IsOurs): Promise<ObjectFact[]> {
  const objects = new Map<string, { path: string; size: number; writes: string[] }>();
  const lines = createInterface({ input: createReadStream(join(folder, "objects.jsonl")) });
  for await (const text of lines) {
    const line = JSON.parse(text) as JournalLine;
    const key = `${line.bucket}/${line.key}`;
    if (!isOurs({ key })) continue;
    if ("deleted" in line) {
      objects.delete(key);
      continue;
    }
    const { bucket, size, crc64, odd } = line;
    const path = join(folder, "objects", odd ? join(bucket, ODD_FOLDER, oddName(line.key)) : key);
    const writes = [...(objects.get(key)?.writes ?? []), `${size} bytes of CRC64 ${crc64}`];
    objects.set(key, { path, size, writes });
  }
  const facts: ObjectFact[] = [];
  for (const [key, { path, writes }] of objects) {
    const bytes = await readFile(path);
    facts.push({ key, size: bytes.length, sha256: hash("sha256", bytes), writes });
  }
  return facts;
}

const counters = counterNames.join(", ");

interface ImportRow extends Row, Counters {
  id: string;
  open_folders: number;
  open_shards: number;
}

interface FolderRow extends Row {
  id: number;
  import_id: string;
  source: { path: string };
  bucket: string | null;
  prefix: string | null;
  planned: boolean;
  error_code: string | null;
  totals: Counters;
  counted: Counters;
}

interface Rows {
  imports: ImportRow[];
  folders: FolderRow[];
  accepted: AcceptedRow[];
  /** By folder and path: when the outcome was committed. */
  recorded: Map<string, number>;
}

/** A person's acceptance of another place for a folder. */
interface AcceptedRow extends Row {
  folder_id: number;
  details: { from: { bucket: string; prefix: string } };
}

async function readRows(
  query: Query,
  ids: readonly string[],
  knowsCommitTimes: boolean,
): Promise<Rows> {
  const list = ids.map((id) => `'${id}'`).join(", ");
  return {
    imports: await query<ImportRow>(
      `select id::text, open_folders, open_shards, ${counters} from imports where id in (${list})`,
    ),
    folders: await query<FolderRow>(folderQuery(list)),
    accepted: await query<AcceptedRow>(
      `select folder_id, details from acts where what = 'accept' and import_id in (${list})`,
    ),
    recorded: knowsCommitTimes ? await recordedTimes(query, list) : new Map(),
  };
}

async function importFact(api: ApiClient, row: ImportRow, rows: Rows): Promise<ImportFact> {
  const view = await api.get(row.id);
  const folders = rows.folders.filter((folder) => folder.import_id === row.id);
  const files = await toArray(api.files(row.id));
  return {
    id: row.id,
    status: view.status,
    totals: countersOf(view),
    ledger: countersOf(row),
    openFolders: row.open_folders,
    openShards: row.open_shards,
    folders: folders.map((folder) => folderFact(folder, rows.accepted)),
    files: files.map(({ folder_id, path, size, state, bucket, key, sha256, error }) => ({
      folderId: folder_id,
      path,
      size,
      state,
      bucket,
      key,
      sha256,
      code: error?.code ?? null,
      recordedAt: rows.recorded.get(`${folder_id}\n${path}`) ?? null,
    })),
  };
}

function folderQuery(ids: string): string {
  return `
    select folders.id, folders.import_id::text, folders.source, folders.bucket, folders.prefix, folders.planned, folders.error_code,
      json_build_object(${counterNames.map((name) => `'${name}', folders.${name}`).join(", ")}) as totals,
      json_build_object(
        'files', count(f.id) filter (where f.state <> 'skipped'),
        'bytes', coalesce(sum(f.size) filter (where f.state <> 'skipped'), 0),
        'stored', count(f.id) filter (where f.state = 'stored'),
        'stored_bytes', coalesce(sum(f.size) filter (where f.state = 'stored'), 0),
        'identical', count(f.id) filter (where f.state = 'identical'),
        'identical_bytes', coalesce(sum(f.size) filter (where f.state = 'identical'), 0),
        'failed', count(f.id) filter (where f.state = 'failed'),
        'waived', count(f.id) filter (where f.state = 'waived'),
        'skipped', count(f.id) filter (where f.state = 'skipped')) as counted
    from folders left join files f on f.folder_id = folders.id
    where folders.import_id in (${ids})
    group by folders.id`;
}

function folderFact(
  { id, source, bucket, prefix, planned, error_code, totals, counted }: FolderRow,
  accepted: readonly AcceptedRow[],
): FolderFact {
  const before = accepted.filter(({ folder_id }) => folder_id === id);
  const places = [{ bucket, prefix }, ...before.map(({ details }) => details.from)];
  return {
    id: String(id),
    source: source.path,
    places: places.flatMap((place) =>
      place.bucket === null ? [] : [`${place.bucket}/${place.prefix}`],
    ),
    isPlanned: planned,
    code: error_code,
    totals,
    counted,
  };
}

/** Reads when rows were written: Postgres keeps each transaction's time, and a row the transaction that wrote it last. */
async function recordedTimes(query: Query, ids: string): Promise<Map<string, number>> {
  const rows = await query<{ folder_id: number; path: string; at: number }>(`
    select f.folder_id, f.path, (extract(epoch from pg_xact_commit_timestamp(f.xmin)) * 1000)::float8 as at
    from files f join folders on folders.id = f.folder_id
    where folders.import_id in (${ids}) and f.state in ('stored', 'identical')`);
  return new Map(rows.map(({ folder_id, path, at }) => [`${folder_id}\n${path}`, at]));
}
