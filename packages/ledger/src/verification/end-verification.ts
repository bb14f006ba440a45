import { ExhibitError } from "@exhibit/contracts";
import { writeVerification } from "@exhibit/custody";
import { type Selectable, sql, type Transaction } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { agreeOnKey, lockRegister, type Sealer, writeEntry } from "../sealing/register.ts";
import { outcomeOf } from "../views/custody.ts";
import type { CheckedSeal } from "./check-seal.ts";
import { digestFindings, type Finding } from "./finding.ts";
import { recordVerifiedPart } from "./verifications.ts";

type VerificationRow = Selectable<LedgerSchema["verifications"]>;

/**
 * Ends a verification whose parts are all done: puts what it found into the register, signed. `seal` is
 * what was found of the seal itself. Returns whether it did; false if it isn't wanted any more. Throws
 * SEAL_KEY_MISMATCH while another worker's key is waited for; after an hour it isn't signed.
 */
export async function endVerification(
  ledger: Ledger,
  number: number,
  { sealer, seal }: { sealer: Sealer; seal?: CheckedSeal },
): Promise<boolean> {
  try {
    return await ledger.db.transaction().execute((tx) => end(tx, number, { sealer, seal }));
  } catch (thrown) {
    if (!isElsewhere(thrown) || !(await hasWaitedEnough(ledger, number))) throw thrown;
    const unsigned = { ...sealer, signer: undefined, isUnsigned: true };
    return await ledger.db
      .transaction()
      .execute((tx) => end(tx, number, { sealer: unsigned, seal }));
  }
}

function isElsewhere(thrown: unknown): boolean {
  return thrown instanceof ExhibitError && thrown.code === "SEAL_KEY_MISMATCH";
}

async function hasWaitedEnough({ db }: Ledger, number: number): Promise<boolean> {
  const { rows } = await sql`
    select from verifications where number = ${number} and updated_at < now() - interval '1 hour'`.execute(
    db,
  );
  return rows.length > 0;
}

async function end(
  tx: Transaction<LedgerSchema>,
  number: number,
  { sealer, seal }: { sealer: Sealer; seal: CheckedSeal | undefined },
): Promise<boolean> {
  const before = await lockRunning(tx, number);
  if (before === undefined) return false;
  if (seal) await recordSeal(tx, before, seal);
  const { rows } = await sql<VerificationRow & { secret: Uint8Array | null; now: Date }>`
    select verifications.*, now() as now, (select custody_secret from imports where id = import_id) as secret
    from verifications where number = ${number}`.execute(tx);
  const [row] = rows;
  if (row === undefined) return false;
  const findings = await digestFindings({ db: tx }, number, row.secret ?? Buffer.alloc(0));
  const open = await agreeOnKey(tx, await lockRegister(tx, sealer), sealer);
  const text = writeVerification({
    ...open,
    importId: row.import_id,
    seal: { number: row.seal_number, digest: Buffer.from(row.seal_digest).toString("hex") },
    against: row.against,
    means: row.means,
    only: onlyOf(row),
    ...(row.sample !== null && {
      sample: { size: row.sample, of: row.leaves, seed: row.seed ?? "" },
    }),
    beganAt: row.created_at.toISOString(),
    endedAt: row.now.toISOString(),
    checked: row.checked,
    same: row.same,
    differs: row.differs,
    missing: row.missing,
    younger: row.younger,
    extra: row.extra,
    unreadable: row.unreadable,
    findings,
    by: row.who,
    key: sealer.signer?.id ?? "none",
    madeBy: sealer.madeBy,
  });
  const signature = sealer.signer === undefined ? null : await sealer.signer.sign(text);
  const key = sealer.signer?.id ?? null;
  await writeEntry(tx, open, { kind: "verification", text, key, signature });
  await sql`
    update verifications set state = 'ended', ended_at = now(), updated_at = now(), entry = ${open.number},
      findings_digest = ${Buffer.from(findings, "hex")}
    where number = ${number}`.execute(tx);
  if (outcomeOf(row) === "differs")
    await sql`select tell_webhooks(${row.import_id}, 'import.differs')`.execute(tx);
  return true;
}

async function lockRunning(
  tx: Transaction<LedgerSchema>,
  number: number,
): Promise<VerificationRow | undefined> {
  return await tx
    .selectFrom("verifications")
    .selectAll()
    .where("number", "=", number)
    .where("state", "=", "running")
    .forUpdate()
    .executeTakeFirst();
}

/**
 * Records what was found of the seal, as the part behind the last. If the root of all entries is that
 * of the seal, they are those that were sealed, and what seemed to differ of single ones was what was
 * kept of them.
 */
async function recordSeal(
  tx: Transaction<LedgerSchema>,
  { number, parts }: VerificationRow,
  { findings, areEntriesSame }: CheckedSeal,
): Promise<void> {
  const ofBlocks: Finding[] = [];
  if (areEntriesSame) {
    const { rows } = await sql`
      delete from findings where verification = ${number} and folder is not null returning id`.execute(
      tx,
    );
    const known = await tx
      .selectFrom("findings")
      .select("id")
      .where("verification", "=", number)
      .limit(1)
      .execute();
    if (rows.length > 0 && known.length === 0)
      ofBlocks.push({ kind: "differs", what: "where its blocks begin" });
    await sql`
      update verifications set same = checked, extra = 0,
        differs = (select count(*) from findings where verification = ${number} and kind = 'differs'),
        missing = (select count(*) from findings where verification = ${number} and kind = 'missing')
      where number = ${number}`.execute(tx);
  }
  await recordVerifiedPart({ db: tx }, number, {
    part: parts,
    place: undefined,
    means: ["recomputing"],
    checked: 0,
    same: 0,
    findings: [...ofBlocks, ...findings],
  });
  await sql`update verifications set parts_done = ${parts} where number = ${number}`.execute(tx);
}

function onlyOf({ folder, states }: VerificationRow): string | undefined {
  const parts = [folder === null ? [] : [`folder ${folder}`], states ?? []].flat();
  return parts.length === 0 ? undefined : parts.join(", ");
}
