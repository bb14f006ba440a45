import { ExhibitError, type SealKeyView } from "@exhibit/contracts";
import { sql } from "kysely";
import { type By, recordAuditEvent, storableWhy } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { storable } from "../sql/text.ts";
import { lockRegister } from "./register.ts";

/** Returns the keys that have signed entries of the register, the first one first. */
export async function listSealKeys({ db }: Ledger): Promise<SealKeyView[]> {
  const rows = await db
    .selectFrom("seal_keys")
    .leftJoin("distrusted_keys", "distrusted_keys.key", "seal_keys.id")
    .select(["id", "algorithm", "public_pem", "since", "from_number", "at", "who", "why"])
    .orderBy("since")
    .execute();
  return rows.map(({ id, algorithm, public_pem, since, ...distrust }, index) => ({
    key: id,
    algorithm,
    public_pem,
    since,
    until: rows[index + 1]?.since ?? null,
    distrusted: distrustView(distrust),
  }));
}

/** What is said against a key; nulls where nothing is. */
interface DistrustColumns {
  from_number: number | null;
  at: Date | null;
  who: string | null;
  why: string | null;
}

/** Returns what is said against a key as people see it. */
export function distrustView({
  from_number,
  at,
  who,
  why,
}: DistrustColumns): SealKeyView["distrusted"] {
  if (from_number === null || at === null || who === null || why === null) return null;
  return { from: from_number, at: at.toISOString(), who, why };
}

/**
 * Says that what a key has signed isn't to be trusted from an entry on: it was stolen, or (from the next
 * entry on) it is lost. Another key may then follow it without its signature. It can't be taken back.
 * Returns all keys. Throws NOT_FOUND, and STATE_CONFLICT for one that is distrusted already.
 */
export async function distrustSealKey(
  ledger: Ledger,
  { key, from }: { key: string; from?: number | undefined },
  by: By & { why: string },
): Promise<SealKeyView[]> {
  await ledger.db.transaction().execute(async (tx) => {
    // As long as it is locked no entry is signed by the key.
    const { number: next } = await lockRegister(tx, {});
    const { rows } = await sql<{ isKnown: boolean; isDistrusted: boolean }>`
      select exists (select from seal_keys where id = ${key}) as "isKnown",
        exists (select from distrusted_keys where key = ${key}) as "isDistrusted"`.execute(tx);
    const { isKnown = false, isDistrusted = false } = rows[0] ?? {};
    if (!isKnown) throw new ExhibitError("NOT_FOUND", `No entry is signed by a key ${key}.`);
    if (isDistrusted)
      throw new ExhibitError(
        "STATE_CONFLICT",
        `The key ${key} is distrusted already; from which entry on can't be changed any more.`,
      );
    const number = Math.min(from ?? next, next);
    await tx
      .insertInto("distrusted_keys")
      .values({
        key,
        from_number: number,
        who: storable(by.who),
        why: storableWhy(by) ?? "",
      })
      .execute();
    await recordAuditEvent(tx, {
      subject: `register/keys/${key}`,
      what: "distrust",
      by,
      details: { from: number },
    });
  });
  return await listSealKeys(ledger);
}
