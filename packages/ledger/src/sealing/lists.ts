import {
  canonicalJson,
  digestLine,
  type JsonValue,
  type ListName,
  saltsOf,
} from "@exhibit/custody";
import { type RawBuilder, sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { shownPathIn } from "../sql/text.ts";
import { type SealedEntry, type SealedImport, sealedEntries } from "./receipts.ts";

/** Up to where the lists of a seal go. */
export interface SealBounds {
  /** The seal's own act: those before it are sealed. */
  readonly lastAct: number;
  /** The last incident that is sealed; 0 for none. */
  readonly lastIncident: number;
  /** The numbers of the workers whose facts are sealed. */
  readonly workers: readonly number[];
}

type Queries = Pick<Ledger, "db">;

/** Acts and incidents are read by so many. */
const PAGE = 1_000;

/**
 * Returns the lines of a sealed list, without their ends. Lists aren't kept: they are made anew from
 * the ledger, and always have the same bytes.
 */
export async function* listLines(
  ledger: Ledger,
  sealed: SealedImport,
  bounds: SealBounds,
  name: ListName,
): AsyncGenerator<string> {
  if (name === "acts.ndjson") yield* actLines(ledger, sealed, bounds.lastAct);
  else if (name === "incidents.ndjson") yield* incidentLines(ledger, sealed, bounds.lastIncident);
  else if (name === "import.json") yield await importLine(ledger, sealed, bounds.workers);
  else {
    for await (const entries of sealedEntries(ledger, sealed)) {
      for (const entry of entries) {
        if (name === "receipts.ndjson") yield entry.line;
        else yield* digestLinesOf(entry);
      }
    }
  }
}

/** Returns an entry's line of `sha256sum.txt`, if it has bytes that are proved. */
export function digestLinesOf({ receipt }: SealedEntry): string[] {
  const { sha256, folder, path } = receipt;
  return sha256 === undefined ? [] : [digestLine(sha256, `data/${folder}/${path}`)];
}

interface ActRow {
  id: number;
  at: Date;
  who: string;
  what: string;
  why: string | null;
  folder: number | null;
  path: string | null;
  code: string | null;
  files: number | null;
  details: Record<string, JsonValue> | null;
}

/** Returns what people did to the import, before the act that sealed it. */
export async function* actLines(
  ledger: Queries,
  { id: importId, secret }: SealedImport,
  lastAct: number,
): AsyncGenerator<string> {
  const salt = saltsOf(secret);
  const page = (after: number) => sql<ActRow>`
    select acts.id, acts.at, acts.who, acts.what, acts.why, folders.position + 1 as folder,
      ${shownPathIn("files")} as path, acts.code, acts.files, acts.details
    from acts left join folders on folders.id = acts.folder_id left join files on files.id = acts.file_id
    where acts.import_id = ${importId} and acts.id > ${after} and acts.id < ${lastAct}
    order by acts.id limit ${PAGE}`;
  for await (const { id, at, who, what, why, folder, path, code, files, details } of paged(
    ledger,
    page,
  )) {
    yield canonicalJson({
      act_id: id,
      at: at.toISOString(),
      who,
      what,
      why: why ?? undefined,
      folder: folder ?? undefined,
      path: path ?? undefined,
      code: code ?? undefined,
      files: files ?? undefined,
      details: details ?? undefined,
      salt: salt(`act ${id}`),
    });
  }
}

interface IncidentRow {
  id: number;
  at: Date;
  code: string;
  message: string;
  folder: number;
  path: string | null;
  worker: number | null;
}

/** Returns what touched the integrity of the import's files, also if it was mended. */
export async function* incidentLines(
  ledger: Queries,
  { id: importId, secret }: SealedImport,
  lastIncident: number,
): AsyncGenerator<string> {
  const salt = saltsOf(secret);
  const page = (after: number) => sql<IncidentRow>`
    select incidents.id, incidents.at, incidents.code, incidents.message, incidents.worker,
      folders.position + 1 as folder, ${shownPathIn("files")} as path
    from incidents join folders on folders.id = incidents.folder_id
      left join files on files.id = incidents.file_id
    where folders.import_id = ${importId} and incidents.id > ${after} and incidents.id <= ${lastIncident}
    order by incidents.id limit ${PAGE}`;
  for await (const { id, at, code, message, folder, path, worker } of paged(ledger, page)) {
    yield canonicalJson({
      incident_id: id,
      at: at.toISOString(),
      code,
      message,
      folder,
      path: path ?? undefined,
      worker: worker ?? undefined,
      salt: salt(`incident ${id}`),
    });
  }
}

/** Returns the last incident of an import; 0 if it has none. */
export async function lastIncidentOf({ db }: Queries, importId: string): Promise<number> {
  const { rows } = await sql<{ last: number }>`
    select coalesce(max(incidents.id), 0) as last
    from incidents join folders on folders.id = incidents.folder_id
    where folders.import_id = ${importId}`.execute(db);
  return rows[0]?.last ?? 0;
}

/**
 * Returns `import.json`: what was asked for, where it went and what the buckets there keep, and which
 * workers did it.
 */
export async function importLine(
  { db }: Queries,
  { id: importId, secret }: SealedImport,
  workers: readonly number[],
): Promise<string> {
  const facts = await db
    .selectFrom("imports")
    .select(["created_at", "entrust_id", "suit_ids", "amends"])
    .where("id", "=", importId)
    .executeTakeFirstOrThrow();
  const folders = await db
    .selectFrom("folders")
    .select(["position", "vendor", "selector", "source"])
    .select(["endpoint", "bucket", "prefix", "retention"])
    .where("import_id", "=", importId)
    .orderBy("position")
    .execute();
  const known = await db
    .selectFrom("worker_facts")
    .selectAll()
    .where("number", "in", workers.length === 0 ? [0] : workers)
    .orderBy("number")
    .execute();
  return canonicalJson({
    import_id: importId,
    created_at: facts.created_at.toISOString(),
    entrust_id: facts.entrust_id ?? undefined,
    suit_ids: facts.suit_ids,
    amends: facts.amends ?? undefined,
    folders: folders.map(({ position, vendor, selector, source, ...place }) => ({
      folder: position + 1,
      vendor,
      selector: selector as Record<string, string>,
      source: { ...source },
      endpoint: place.endpoint ?? undefined,
      bucket: place.bucket ?? undefined,
      prefix: place.prefix ?? undefined,
      retention: place.retention ?? undefined,
    })),
    workers: known.map(({ number, ...worker }) => ({ worker: number, ...worker })),
    salt: saltsOf(secret)("import"),
  });
}

/** Reads rows page by page, in the order of their ids. */
async function* paged<Row extends { id: number }>(
  { db }: Queries,
  page: (after: number) => RawBuilder<Row>,
): AsyncGenerator<Row> {
  for (let after = 0; ; ) {
    const { rows } = await page(after).execute(db);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.id;
  }
}
