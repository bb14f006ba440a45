import { randomBytes } from "node:crypto";
import {
  ExhibitError,
  type FileState,
  type VerificationMeans,
  type VerificationRequest,
  type VerificationTarget,
} from "@exhibit/contracts";
import { BLOCK_LEAVES, readSeal } from "@exhibit/custody";
import { sql } from "kysely";
import { type By, recordAuditEvent, storableWhy } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { readSealOf } from "../sealing/read-seal.ts";
import type { Place } from "../sealing/receipts.ts";
import { plainArray, textArray } from "../sql/arrays.ts";
import { storable } from "../sql/text.ts";
import { countKinds, type Tally } from "./finding.ts";

/** A part is so many receipts: small enough to be repeated, large enough that its record costs nothing. */
export const PART_RECEIPTS = 16 * BLOCK_LEAVES;

/** A verification as the worker that runs it sees it. */
export interface VerificationWork {
  readonly number: number;
  readonly importId: string;
  readonly sealNumber: number;
  readonly leaves: number;
  readonly against: VerificationTarget;
  /** Null: whatever the leases allow. */
  readonly by: VerificationMeans | null;
  readonly sample: { readonly size: number; readonly seed: string } | null;
  /** The position of the only folder, from 1. */
  readonly folder: number | null;
  readonly states: readonly FileState[] | null;
  /** Files a second, at most. */
  readonly rate: number | null;
  readonly parts: number;
  readonly partsDone: number;
  /** The last receipt of the last part that is done. */
  readonly place: Place | undefined;
}

/**
 * Begins a verification of an import's seal. Returns its number. Throws NOT_FOUND, and STATE_CONFLICT
 * for an import without a seal, and while it is being verified in the same way.
 *
 * @param schedule the name of the schedule that begins it
 */
export async function startVerification(
  ledger: Ledger,
  importId: string,
  request: VerificationRequest,
  by: By,
  schedule: string | null = null,
): Promise<number> {
  const seal = await readSealOf(ledger, importId);
  const { leaves } = readSeal(seal.text);
  const { against, by: means = null, states = null, rate = null } = request;
  const folder = await positionOf(ledger, importId, request.folder_id);
  const size = request.sample === undefined ? null : sizeOf(request.sample, leaves);
  const seed = size === null ? null : (request.seed ?? randomBytes(8).toString("hex"));
  return await ledger.db.transaction().execute(async (tx) => {
    // One at a time of each import, or two could begin at once.
    await sql`select from imports where id = ${importId} for update`.execute(tx);
    const { rows: others } = await sql<{ number: number }>`
      select number from verifications
      where import_id = ${importId} and state = 'running' and against = ${against} and by_means is not distinct from ${means}`.execute(
      tx,
    );
    if (others[0]) throw isRunning(importId, others[0].number);
    const { number } = await tx
      .insertInto("verifications")
      .values({
        import_id: importId,
        seal_number: seal.number,
        seal_digest: Buffer.from(seal.digest, "hex"),
        leaves,
        against,
        by_means: means,
        sample: size,
        seed,
        folder,
        states,
        rate,
        why: storableWhy(by),
        who: storable(by.who),
        schedule,
        parts: Math.ceil(leaves / PART_RECEIPTS),
      })
      .returning("number")
      .executeTakeFirstOrThrow();
    const details = { verification: number, against, ...(means !== null && { by: means }) };
    await recordAuditEvent(tx, { importId, what: "verify", by, details });
    return number;
  });
}

function isRunning(importId: string, number: number): ExhibitError {
  return new ExhibitError(
    "STATE_CONFLICT",
    `Import ${importId} is being verified like this already, by verification ${number}: wait for it, or cancel it.`,
    { details: { verification: number } },
  );
}

/** Returns the position of a folder of the import, from 1. Throws NOT_FOUND. */
async function positionOf(
  { db }: Ledger,
  importId: string,
  folderId: string | undefined,
): Promise<number | null> {
  if (folderId === undefined) return null;
  const row = await db
    .selectFrom("folders")
    .select("position")
    .where("id", "=", Number(folderId))
    .where("import_id", "=", importId)
    .executeTakeFirst();
  if (row) return row.position + 1;
  throw new ExhibitError("NOT_FOUND", `There is no folder ${folderId} in import ${importId}.`);
}

function sizeOf(sample: number | string, leaves: number): number {
  const wanted =
    typeof sample === "number" ? sample : Math.ceil((Number.parseFloat(sample) / 100) * leaves);
  return Math.min(wanted, leaves);
}

/** Returns what a worker has to do; undefined for one that isn't running. */
export async function readVerificationWork(
  { db }: Ledger,
  number: number,
): Promise<VerificationWork | undefined> {
  const row = await db
    .selectFrom("verifications")
    .selectAll()
    .where("number", "=", number)
    .where("state", "=", "running")
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { sample, seed, place_folder, place_path } = row;
  return {
    number: row.number,
    importId: row.import_id,
    sealNumber: row.seal_number,
    leaves: row.leaves,
    against: row.against,
    by: row.by_means,
    sample: sample === null ? null : { size: sample, seed: seed ?? "" },
    folder: row.folder,
    states: row.states,
    rate: row.rate,
    parts: row.parts,
    partsDone: row.parts_done,
    place: place_folder === null ? undefined : { folder: place_folder, path: place_path ?? "" },
  };
}

/** What a part found. */
export interface DonePart extends Tally {
  /** From 0. */
  readonly part: number;
  /** Its last receipt; undefined if it has none. */
  readonly place: Place | undefined;
  /** How it was done. */
  readonly means: readonly string[];
}

/**
 * Records a part, in one statement, so that it may be done again by whoever comes next. Returns
 * false if it is recorded already, or isn't wanted any more.
 */
export async function recordVerifiedPart(
  { db }: Pick<Ledger, "db">,
  number: number,
  { part, place, means, checked, same, findings }: DonePart,
): Promise<boolean> {
  const counts = countKinds(findings);
  const numbers = <Key extends "folder" | "fileId" | "files">(key: Key) =>
    plainArray(findings.map((finding) => finding[key]));
  const texts = (key: "path" | "key" | "what" | "expected" | "found" | "code") =>
    textArray(findings.map((finding) => withoutNul(finding[key])));
  const { rows } = await sql`
    with done as (
      update verifications set parts_done = ${part} + 1, updated_at = now(),
        place_folder = coalesce(${place?.folder ?? null}::integer, place_folder),
        place_path = coalesce(${place?.path ?? null}::text, place_path),
        means = (select coalesce(array_agg(distinct each order by each), '{}') from unnest(means || ${textArray(means)}::text[]) as each),
        checked = checked + ${checked}, same = same + ${same}, differs = differs + ${counts.differs},
        missing = missing + ${counts.missing}, younger = younger + ${counts.younger},
        extra = extra + ${counts.extra}, unreadable = unreadable + ${counts.unreadable}
      where number = ${number} and state = 'running' and parts_done = ${part}
      returning number
    ), added as (
      insert into findings (verification, part, kind, folder, file_id, path, key, what, expected, found, code, files)
      select done.number, ${part}, each.kind, each.folder, each.file_id, each.path, each.key, each.what, each.expected,
        each.found, each.code, coalesce(each.files, 1)
      from done, unnest(
        ${plainArray(findings.map(({ kind }) => kind))}::text[], ${numbers("folder")}::integer[],
        ${numbers("fileId")}::bigint[], ${texts("path")}::text[], ${texts("key")}::text[], ${texts("what")}::text[],
        ${texts("expected")}::text[], ${texts("found")}::text[], ${texts("code")}::text[], ${numbers("files")}::bigint[]
      ) as each (kind, folder, file_id, path, key, what, expected, found, code, files)
    )
    select number from done`.execute(db);
  return rows.length > 0;
}

/** Postgres takes no NUL in a text. */
function withoutNul(text: string | undefined): string | undefined {
  return text?.replaceAll("\0", "\u2400");
}

/** Ends a verification that can't go on. */
export async function failVerification(
  { db }: Ledger,
  number: number,
  { code, message }: Pick<ExhibitError, "code" | "message">,
): Promise<void> {
  await sql`
    update verifications set state = 'failed', error_code = ${code}, error = ${storable(message)}, ended_at = now(),
      updated_at = now()
    where number = ${number} and state = 'running'`.execute(db);
}

/** Ends a verification before its time; what it found stays. Throws NOT_FOUND, STATE_CONFLICT. */
export async function cancelVerification(ledger: Ledger, number: number, by: By): Promise<void> {
  await ledger.db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ import_id: string }>`
      update verifications set state = 'cancelled', ended_at = now(), updated_at = now()
      from imports
      where verifications.number = ${number} and verifications.state = 'running' and imports.id = verifications.import_id
        and ${isWithin(ledger)}
      returning verifications.import_id`.execute(tx);
    const [row] = rows;
    if (row === undefined) throw await whyNot({ ...ledger, db: tx }, number);
    const details = { verification: number, cancelled: true };
    await recordAuditEvent(tx, { importId: row.import_id, what: "verify", by, details });
  });
}

async function whyNot(ledger: Pick<Ledger, "db" | "scope">, number: number): Promise<ExhibitError> {
  const { rows } = await sql<{ state: string }>`
    select verifications.state from verifications join imports on imports.id = verifications.import_id
    where verifications.number = ${number} and ${isWithin(ledger)}`.execute(ledger.db);
  const [row] = rows;
  return row === undefined
    ? noVerification(number)
    : new ExhibitError("STATE_CONFLICT", `Verification ${number} is ${row.state} already.`);
}

export function noVerification(number: number): ExhibitError {
  return new ExhibitError("NOT_FOUND", `There is no verification ${number}.`);
}

/** How many verifications one call of `findQuietVerifications` returns at most. */
const MAX_QUIET = 100;

/** Returns running verifications in which nothing has happened for so many milliseconds. */
export async function findQuietVerifications(
  { db }: Ledger,
  { quietForMs }: { quietForMs: number },
): Promise<number[]> {
  const { rows } = await sql<{ number: number }>`
    select number from verifications
    where state = 'running' and updated_at < now() - ${quietForMs} * interval '1 millisecond'
    order by updated_at limit ${MAX_QUIET}`.execute(db);
  return rows.map(({ number }) => number);
}
