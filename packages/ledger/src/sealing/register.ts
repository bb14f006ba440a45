import { ExhibitError, type RegisterKind } from "@exhibit/contracts";
import {
  digestOf,
  firstHead,
  type HexDigest,
  nextHead,
  type Signer,
  writeKeyEntry,
} from "@exhibit/custody";
import { type Kysely, sql, type Transaction } from "kysely";
import type { LedgerSchema } from "../schema.ts";
import { type DepositRules, putDownBeside, putDownHeads } from "./deposits.ts";
import { putDownStamps, type StampRoots } from "./stamps.ts";

/** Who signs, and as what. */
export interface Sealer {
  /** Without one, entries have no signature. */
  readonly signer?: Signer | undefined;
  /** The key that `signer` replaces, which vouches for it. */
  readonly oldSigner?: Signer | undefined;
  /** The register's name, for its first entry. @defaultValue made from the deployment's id */
  readonly register?: string | undefined;
  /** Signs nothing, although the register has a key: nobody has come who holds it. */
  readonly isUnsigned?: boolean | undefined;
  /** Whether seals commit to their lines by SM3 as well. @defaultValue false */
  readonly withSm3?: boolean | undefined;
  /** The authorities that are to stamp entries, by their names. @defaultValue none */
  readonly authorities?: readonly string[] | undefined;
  /**
   * Whether authorities and third parties are asked of one journal an hour, which commits to all entries
   * before it, and not of each entry. @defaultValue false
   */
  readonly stampsHourly?: boolean | undefined;
  readonly stampRoots?: StampRoots | undefined;
  /** What is kept elsewhere of entries. @defaultValue nothing */
  readonly deposits?: DepositRules | undefined;
  /** The program and its version. */
  readonly madeBy: string;
}

/** Where the next entry of the register goes. */
export interface OpenRegister {
  readonly register: string;
  readonly number: number;
  readonly headBefore: HexDigest;
  /** The authorities that are to stamp it. */
  readonly authorities: readonly string[];
  /** Whether only journals are stamped. */
  readonly stampsHourly: boolean;
  readonly deposits: DepositRules | undefined;
}

/** An entry as it is written. */
interface NewEntry {
  readonly kind: RegisterKind;
  readonly text: string;
  readonly key: string | null;
  readonly signature: Uint8Array | null;
  readonly countersignature?: Uint8Array;
  /** What a seal has besides. */
  readonly seal?: {
    readonly importId: string;
    readonly contents: string;
    readonly lastAct: number;
    readonly lastIncident: number;
    readonly workers: readonly number[];
  };
}

/**
 * Locks the register until the transaction ends, and returns where its next entry goes: entries are
 * written one after the other, so that the chain has no branches.
 */
export async function lockRegister(
  tx: Transaction<LedgerSchema>,
  {
    register: name,
    authorities = [],
    stampsHourly = false,
    deposits,
  }: Pick<Sealer, "register" | "authorities" | "stampsHourly" | "deposits">,
): Promise<OpenRegister> {
  const deployment = await tx
    .selectFrom("deployment")
    .select(["id", "register"])
    .forUpdate()
    .executeTakeFirstOrThrow();
  const register = deployment.register ?? name ?? `exhibit/${deployment.id}`;
  if (deployment.register === null) await tx.updateTable("deployment").set({ register }).execute();
  const last = await tx
    .selectFrom("register")
    .select(["number", "head"])
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  return {
    register,
    number: (last?.number ?? 0) + 1,
    headBefore: last ? Buffer.from(last.head).toString("hex") : firstHead(register),
    authorities,
    stampsHourly,
    deposits,
  };
}

/**
 * Writes an entry into the register that is locked, and puts down its stamps and what is kept elsewhere of
 * it. Returns where the next one goes.
 */
export async function writeEntry(
  tx: Transaction<LedgerSchema>,
  open: OpenRegister,
  { kind, text, key, signature, countersignature, seal }: NewEntry,
): Promise<OpenRegister> {
  const { number, headBefore, authorities, stampsHourly, deposits } = open;
  const digest = digestOf(text);
  const head = nextHead(headBefore, digest);
  await tx
    .insertInto("register")
    .values({
      number,
      kind,
      text,
      digest: Buffer.from(digest, "hex"),
      head: Buffer.from(head, "hex"),
      key,
      signature: signature && Buffer.from(signature),
      countersignature: countersignature === undefined ? null : Buffer.from(countersignature),
      import_id: seal?.importId ?? null,
      contents: seal?.contents ?? null,
      last_act: seal?.lastAct ?? null,
      last_incident: seal?.lastIncident ?? null,
      workers: seal ? [...seal.workers] : null,
    })
    .execute();
  if (kind === "journal" || !stampsHourly) {
    await putDownStamps(tx, number, authorities);
    await putDownHeads(tx, number, deposits?.thirdParties ?? []);
  }
  if (seal && deposits)
    await putDownBeside(tx, { entry: number, importId: seal.importId, rules: deposits });
  return { ...open, number: number + 1, headBefore: head };
}

/**
 * Makes sure that the signer's key is the register's: the first key, and one that comes with the key
 * that it replaces, is put on it. Returns where the next entry goes. Throws the error of `checkKey`.
 */
export async function agreeOnKey(
  tx: Transaction<LedgerSchema>,
  open: OpenRegister,
  sealer: Sealer,
): Promise<OpenRegister> {
  const current = await checkKey(tx, sealer);
  const { signer, oldSigner, madeBy } = sealer;
  if (signer === undefined || signer.id === current?.id) return open;
  const text = writeKeyEntry({
    ...open,
    newKey: signer.id,
    replaces: current?.id ?? "none",
    why: whyNew(current),
    by: madeBy,
    madeBy,
  });
  const next = await writeEntry(tx, open, {
    kind: "key",
    text,
    key: signer.id,
    signature: await signer.sign(text),
    ...(oldSigner &&
      current?.id === oldSigner.id &&
      current.distrusted === null && { countersignature: await oldSigner.sign(text) }),
  });
  await sql`
    insert into seal_keys (id, algorithm, public_pem, since)
    values (${signer.id}, ${signer.algorithm}, ${signer.publicPem}, ${open.number})`.execute(tx);
  return next;
}

function whyNew(current: CurrentKey | undefined): string {
  if (current === undefined) return "the first key";
  if (current.distrusted === null) return "the key was replaced";
  const { from, why } = current.distrusted;
  return `the key before isn't trusted from entry ${from} on: ${why}`;
}

/** The key that entries are signed with. */
interface CurrentKey {
  readonly id: string;
  /** From which entry on it isn't trusted, and why. */
  readonly distrusted: { readonly from: number; readonly why: string } | null;
}

/**
 * Returns the register's key; undefined if it has none. Throws SEAL_KEY_MISMATCH for a signer with
 * another key, unless it comes with the register's or that one isn't trusted any more; for the one that
 * isn't; and for none where the register has a key.
 */
export async function checkKey(
  db: Kysely<LedgerSchema>,
  { signer, oldSigner, isUnsigned = false }: Sealer,
): Promise<CurrentKey | undefined> {
  const known = await db
    .selectFrom("seal_keys")
    .leftJoin("distrusted_keys", "distrusted_keys.key", "seal_keys.id")
    .select(["id", "from_number", "why"])
    .orderBy("since", "desc")
    .execute();
  const [last] = known;
  if (last === undefined) return undefined;
  const { id, from_number: from, why } = last;
  const current = { id, distrusted: from === null || why === null ? null : { from, why } };
  if (isUnsigned) return current;
  const isKnown = known.some((one) => one.id === signer?.id);
  const mayFollow = oldSigner?.id === id || current.distrusted !== null;
  const isIts = signer?.id === id && current.distrusted === null;
  if (isIts || (signer !== undefined && !isKnown && mayFollow)) return current;
  throw mismatch(signer, current);
}

function mismatch(signer: Signer | undefined, current: CurrentKey): ExhibitError {
  const own = signer ? `the key ${short(signer.id)}` : "no key";
  const its = `the key ${short(current.id)}${current.distrusted ? ", which isn't trusted any more" : ""}`;
  return new ExhibitError(
    "SEAL_KEY_MISMATCH",
    `This worker has ${own} to sign seals with, and the register has ${its}.`,
  );
}

/** The beginning of a key's id, by which people tell keys apart. */
function short(id: string): string {
  return id.slice(0, 16);
}
