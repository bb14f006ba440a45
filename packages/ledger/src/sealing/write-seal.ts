import { randomBytes } from "node:crypto";
import { type counterNames, ExhibitError } from "@exhibit/contracts";
import { digestOf, type HexDigest, rootOf, writeSeal } from "@exhibit/custody";
import { type RawBuilder, sql, type Transaction } from "kysely";
import { ITSELF, recordAuditEvent } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { contentsBy } from "./contents.ts";
import { lastIncidentOf } from "./lists.ts";
import { type Pass, passOver } from "./pass.ts";
import type { SealedImport } from "./receipts.ts";
import { agreeOnKey, checkKey, lockRegister, type Sealer, writeEntry } from "./register.ts";
import { compareMet } from "./totals.ts";

interface SealingOf {
  readonly sealer: Sealer;
  /** What the import has to be, in the end as in the beginning. */
  readonly where: RawBuilder<boolean>;
}

/**
 * Seals an import whose entries don't change any more: goes over them, and writes its seal into the
 * register, in one transaction with its status. Returns false if it isn't (any more) what it has to
 * be, or has a seal already.
 *
 * While the register's key is on no worker that has tried, it throws SEAL_KEY_MISMATCH; after an hour
 * it seals without a signature: evidence doesn't wait for a key.
 */
export async function writeSealOf(
  ledger: Ledger,
  importId: string,
  { sealer, where }: SealingOf,
): Promise<boolean> {
  const sealed = await sealedImport(ledger, importId, where);
  if (sealed === undefined) return false;
  const signing = await whoSigns(ledger, importId, sealer);
  const pass = await passOver(ledger, sealed, { withSm3: sealer.withSm3 === true });
  return await ledger.db
    .transaction()
    .execute((tx) => endWithSeal(tx, sealed, pass, { sealer: signing, where }));
}

/** Returns the sealer, or one without a signature if the key has been waited for long enough. */
async function whoSigns({ db }: Ledger, importId: string, sealer: Sealer): Promise<Sealer> {
  try {
    await checkKey(db, sealer);
    return sealer;
  } catch (thrown) {
    if (!(thrown instanceof ExhibitError) || thrown.code !== "SEAL_KEY_MISMATCH") throw thrown;
    const { rows } = await sql<{ isOver: boolean }>`
      update imports set seal_waits_since = coalesce(seal_waits_since, now())
      where id = ${importId}
      returning seal_waits_since < now() - interval '1 hour' as "isOver"`.execute(db);
    if (!rows[0]?.isOver) throw thrown;
    return { ...sealer, signer: undefined, isUnsigned: true };
  }
}

/**
 * Returns the import with its secret, which one that an earlier release created gets now; undefined if
 * it isn't what it has to be, or has a seal.
 */
async function sealedImport(
  { db }: Ledger,
  id: string,
  where: RawBuilder<boolean>,
): Promise<SealedImport | undefined> {
  const { rows } = await sql<{ secret: Uint8Array }>`
    update imports set custody_secret = coalesce(custody_secret, ${randomBytes(32)})
    where id = ${id} and sealed_number is null and ${where}
    returning custody_secret as secret`.execute(db);
  const [row] = rows;
  return row && { id, secret: row.secret };
}

interface EndedRow extends Record<(typeof counterNames)[number], number> {
  status: "sealed" | "cancelled";
  amends: string | null;
  created_at: Date;
  at: Date;
}

async function endWithSeal(
  tx: Transaction<LedgerSchema>,
  sealed: SealedImport,
  pass: Pass,
  { sealer, where }: SealingOf,
): Promise<boolean> {
  const importId = sealed.id;
  const { rows } = await sql<EndedRow>`
    update imports set status = case when status = 'cancelled' then status else 'sealed' end,
      finished_at = coalesce(finished_at, now()), updated_at = now()
    where id = ${importId} and sealed_number is null and ${where}
    returning imports.*, now() as at`.execute(tx);
  const [row] = rows;
  if (row === undefined) return false;
  const wrong = compareMet(importId, row, pass.counts);
  if (wrong) throw wrong;
  await checkBlocks(tx, importId, pass);

  const open = await agreeOnKey(tx, await lockRegister(tx, sealer), sealer);
  const lastAct = Number(
    await recordAuditEvent(tx, { importId, what: "seal", by: { who: ITSELF } }),
  );
  const lastIncident = await lastIncidentOf({ db: tx }, importId);
  const bounds = { lastAct, lastIncident, workers: pass.workers };
  const contents = await contentsBy("sha256", { db: tx }, sealed, bounds, pass);
  const contentsSm3 = pass.sm3 && (await contentsBy("sm3", { db: tx }, sealed, bounds, pass.sm3));
  const amended = row.amends && (await sealOf(tx, row.amends));
  const text = writeSeal({
    ...open,
    importId,
    outcome: row.status,
    ...(amended && { amends: amended }),
    createdAt: row.created_at.toISOString(),
    sealedAt: row.at.toISOString(),
    files: row.files,
    bytes: row.bytes,
    stored: row.stored,
    identical: row.identical,
    waived: row.waived,
    skipped: row.skipped,
    leaves: pass.leaves,
    root: pass.root,
    rootSm3: pass.sm3?.root,
    contents: digestOf(contents),
    contentsSm3: contentsSm3 && digestOf(contentsSm3, "sm3"),
    key: sealer.signer?.id ?? "none",
    madeBy: sealer.madeBy,
  });
  await writeEntry(tx, open, {
    kind: "seal",
    text,
    key: sealer.signer?.id ?? null,
    signature: sealer.signer === undefined ? null : await sealer.signer.sign(text),
    seal: { importId, contents, ...bounds },
  });
  await tx
    .updateTable("imports")
    .set({ sealed_number: open.number, seal_waits_since: null })
    .where("id", "=", importId)
    .execute();
  return true;
}

/** Returns the number and digest of an import's seal. */
async function sealOf(
  tx: Transaction<LedgerSchema>,
  importId: string,
): Promise<{ number: number; digest: HexDigest }> {
  const { number, digest } = await tx
    .selectFrom("register")
    .select(["number", "digest"])
    .where("import_id", "=", importId)
    .where("kind", "=", "seal")
    .executeTakeFirstOrThrow();
  return { number, digest: Buffer.from(digest).toString("hex") };
}

/** The blocks must be those of this pass: another one may have written some of them since. */
async function checkBlocks(
  tx: Transaction<LedgerSchema>,
  importId: string,
  { blocks, root }: Pass,
): Promise<void> {
  await tx
    .deleteFrom("seal_blocks")
    .where("import_id", "=", importId)
    .where("number", ">=", blocks)
    .execute();
  const rows = await tx
    .selectFrom("seal_blocks")
    .select("root")
    .where("import_id", "=", importId)
    .orderBy("number")
    .execute();
  const roots = rows.map((row) => Buffer.from(row.root).toString("hex"));
  if (roots.length === blocks && rootOf(roots) === root) return;
  throw new ExhibitError(
    "SEAL_BROKEN",
    `The blocks of import ${importId} aren't those of its entries: something changed them while it was sealed.`,
  );
}
