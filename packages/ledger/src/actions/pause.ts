import { ExhibitError, type ImportStatus, type Pause } from "@exhibit/contracts";
import { sql } from "kysely";
import { type By, recordAct, whyClosed } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { keptAs } from "../sql/prepared-statements.ts";
import { storable } from "../sql/text.ts";

/**
 * Has an import wait until it is resumed; its status stays. Workers look, and stop.
 * Throws STATE_CONFLICT for an import that is sealed, cancelled, or paused already.
 */
export async function pauseImport({ db }: Ledger, importId: string, by: By): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql`
      update imports set paused_at = now(), paused_by = ${storable(by.who)}, paused_why = ${whyOf(by)}, updated_at = now()
      where id = ${importId} and paused_at is null and status not in ('sealed', 'cancelled')
      returning id`.execute(tx);
    if (rows.length === 0) {
      const closed = await whyClosed(tx, importId, "pause");
      throw closed ?? conflict(`Import ${importId} is paused already.`);
    }
    await recordAct(tx, { importId, what: "pause", by });
  });
}

/** Lets an import go on; its bells are still to be rung. Throws STATE_CONFLICT for an import that isn't paused. */
export async function resumeImport(
  { db }: Ledger,
  importId: string,
  by: By,
): Promise<{ folderIds: number[]; complete: boolean }> {
  return await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ complete: boolean }>`
      update imports set paused_at = null, paused_by = null, paused_why = null, updated_at = now()
      where id = ${importId} and paused_at is not null
      returning open_folders = 0 and open_shards = 0 and status in ('storing', 'sealing') as complete`.execute(
      tx,
    );
    const [row] = rows;
    if (!row) throw conflict(`Import ${importId} isn't paused.`);
    await recordAct(tx, { importId, what: "resume", by });
    const folders = await tx
      .selectFrom("folders")
      .select("id")
      .where("import_id", "=", importId)
      .where("planned", "=", false)
      .execute();
    return { folderIds: folders.map(({ id }) => id), complete: row.complete };
  });
}

/** Has the folders of a vendor wait, in all imports, until it is resumed. Throws STATE_CONFLICT when it is paused already. */
export async function pauseVendor({ db }: Ledger, vendor: string, by: By): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql`
      insert into paused_vendors (vendor, who, why) values (${vendor}, ${storable(by.who)}, ${whyOf(by)})
      on conflict do nothing
      returning vendor`.execute(tx);
    if (rows.length === 0) throw conflict(`${vendor} is paused already.`);
    await recordAct(tx, { vendor, what: "pause", by });
  });
}

/** Lets the folders of a vendor go on; their bells are still to be rung. Throws STATE_CONFLICT when it isn't paused. */
export async function resumeVendor({ db }: Ledger, vendor: string, by: By): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql`
      delete from paused_vendors where vendor = ${vendor} returning vendor`.execute(tx);
    if (rows.length === 0) throw conflict(`${vendor} isn't paused.`);
    await recordAct(tx, { vendor, what: "resume", by });
  });
}

/** The vendors that are paused, by name. */
export async function readPausedVendors({ db }: Ledger): Promise<Map<string, Pause>> {
  const rows = await db.selectFrom("paused_vendors").selectAll().execute();
  return new Map(
    rows.map(({ vendor, at, who, why }) => [vendor, { at: at.toISOString(), who, why }]),
  );
}

/** One run of a shard: the number of its opening. */
export interface ShardRun {
  shardId: number;
  opening: number;
}

export interface Standing {
  status: ImportStatus;
  paused: boolean;
  superseded: boolean;
}

/**
 * Whether work of an import is wanted now, for those who do it; `vendor`, when the work needs one, may be paused too.
 * `run` is superseded when its shard has been opened once more since. Undefined for an import that isn't there.
 */
export async function readStanding(
  { db }: Ledger,
  importId: string,
  { vendor, run }: { vendor?: string | undefined; run?: ShardRun | undefined } = {},
): Promise<Standing | undefined> {
  const { rows } = await sql<Standing>`${keptAs("standing")}
    select status, paused_at is not null
      or exists (select from paused_vendors where vendor = ${vendor ?? null}) as paused,
      exists (select from shards where shards.id = ${run?.shardId ?? null} and openings <> ${run?.opening ?? null}) as superseded
    from imports where id = ${importId}`.execute(db);
  return rows[0];
}

/** How many shards are rung for at once. */
const SHARDS_AT_ONCE = 1000;

export interface OpenShard {
  shardId: number;
  /** Which of those of its import's open shards it is that no worker has taken up yet, from 1 on. */
  place: number;
}

/** Shards that may be stored now, of one import or of a vendor's folders in all of them, a thousand at a time. */
export async function* openShards(
  { db }: Ledger,
  of: { importId: string } | { vendor: string },
): AsyncGenerator<OpenShard[]> {
  let after = 0;
  const places = new Map<string, number>();
  for (;;) {
    const { rows } = await sql<{ id: number; import_id: string; begun: boolean }>`
      select shards.id, shards.import_id, shards.openings > 0 as begun
      from shards join folders on folders.id = shards.folder_id join imports on imports.id = shards.import_id
      where ${"importId" in of ? sql`shards.import_id = ${of.importId}` : sql`folders.vendor = ${of.vendor}`}
        and shards.state = 'open' and shards.id > ${after}
        and imports.paused_at is null and imports.status in ('planning', 'storing', 'sealing')
        and folders.vendor not in (select vendor from paused_vendors)
      order by shards.id
      limit ${SHARDS_AT_ONCE}`.execute(db);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(({ id, import_id, begun }) => {
      const before = places.get(import_id) ?? 0;
      if (!begun) places.set(import_id, before + 1);
      return { shardId: id, place: before + 1 };
    });
    if (rows.length < SHARDS_AT_ONCE) return;
    after = last.id;
  }
}

function whyOf({ why }: By): string | null {
  return why === undefined ? null : storable(why);
}

function conflict(sentence: string): ExhibitError {
  return new ExhibitError("STATE_CONFLICT", sentence);
}
