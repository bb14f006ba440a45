import type { RegisterKind } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";

/** An entry of the register, with what signs it: nulls where nobody did. */
export interface SignedEntry {
  readonly number: number;
  readonly text: string;
  /** The public key in PEM. */
  readonly publicPem: string | null;
  readonly signature: Uint8Array | null;
  /** Of a key: by the one that it replaces. */
  readonly countersignature: Uint8Array | null;
}

/** The entry of a verification, which is another number than the verification's own. */
export interface VerificationEntryRow extends SignedEntry {
  readonly verification: number;
}

/** Returns entries of one kind, by their numbers. */
export async function signedEntries(
  { db }: Pick<Ledger, "db">,
  kind: RegisterKind,
  numbers: readonly number[],
): Promise<SignedEntry[]> {
  const { rows } = await sql<SignedEntry>`
    select ${columns} from register left join seal_keys on seal_keys.id = register.key
    where register.number = any(${numbers}::bigint[]) and register.kind = ${kind} order by register.number`.execute(
    db,
  );
  return rows;
}

/** Returns the entries that put keys on the register, the first one first. */
export async function keyEntries({ db }: Ledger): Promise<SignedEntry[]> {
  const { rows } = await sql<SignedEntry>`
    select ${columns} from seal_keys join register on register.number = seal_keys.since
    where register.kind = 'key' order by register.number`.execute(db);
  return rows;
}

/** Returns the entries of an import's verifications that have ended, the first one first. */
export async function verificationEntries(
  { db }: Ledger,
  importId: string,
): Promise<VerificationEntryRow[]> {
  const { rows } = await sql<VerificationEntryRow>`
    select ${columns}, verifications.number as verification
    from verifications join register on register.number = verifications.entry
      left join seal_keys on seal_keys.id = register.key
    where verifications.import_id = ${importId} and register.kind = 'verification'
    order by register.number`.execute(db);
  return rows;
}

const columns = sql`register.number, register.text, register.signature, register.countersignature,
  seal_keys.public_pem as "publicPem"`;
