import { ExhibitError } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { KeyedRequest } from "./keyed-request.ts";

/** A response as it is sent again. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is known of a request that was carried out. */
export interface CarriedOut {
  /** The import that it created or changed. */
  readonly importId: string | null;
  /**
   * Undefined when the process ended, or lost the ledger, between the act and its answer; and for a
   * sender whose scope has changed, because it may show what they may not see any more.
   */
  readonly answer: Answer | undefined;
}

/**
 * Returns what is known of the request that used the key before; undefined if none has. A refusal
 * under another scope is forgotten: nothing was changed, and it is found out anew. Throws
 * IDEMPOTENCY_MISMATCH if that was another request.
 */
export async function findCarriedOut(
  { db }: Ledger,
  { principal, key, fingerprint, scope }: KeyedRequest,
): Promise<CarriedOut | undefined> {
  const row = await db
    .selectFrom("idempotency_keys")
    .selectAll()
    .where("principal", "=", principal)
    .where("key", "=", key)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (!Buffer.from(row.fingerprint).equals(fingerprint)) throw mismatch(key, row.created_at);
  const { import_id: importId, status, headers, body } = row;
  if (status === null) return { importId, answer: undefined };
  if (row.scope !== null && Buffer.from(row.scope).equals(scope))
    return { importId, answer: { status, headers: headers ?? {}, body: body ?? "" } };
  if (status < 300) return { importId, answer: undefined };
  await db
    .deleteFrom("idempotency_keys")
    .where("principal", "=", principal)
    .where("key", "=", key)
    .where("request_id", "=", row.request_id)
    .execute();
  return undefined;
}

/**
 * Keeps a request's answer. If another request has used the key meanwhile, nothing is changed and what
 * is known of that one is returned.
 */
export async function keepAnswer(
  ledger: Ledger,
  request: KeyedRequest,
  { status, headers, body }: Answer,
): Promise<CarriedOut | undefined> {
  const { id, principal, key, fingerprint, scope } = request;
  const { rows } = await sql`
    insert into idempotency_keys (principal, key, request_id, fingerprint, scope, status, headers, body)
    values (${principal}, ${key}, ${id}, ${fingerprint}, ${scope}, ${status}, ${JSON.stringify(headers)}::jsonb, ${body})
    on conflict (principal, key) do update set status = excluded.status, headers = excluded.headers, body = excluded.body
      where idempotency_keys.request_id = excluded.request_id
    returning key`.execute(ledger.db);
  return rows.length > 0 ? undefined : await findCarriedOut(ledger, request);
}

/** Forgets the keys that are older than a day. */
export async function forgetOldAnswers({ db }: Ledger): Promise<void> {
  await sql`delete from idempotency_keys where created_at < now() - interval '24 hours'`.execute(
    db,
  );
}

function mismatch(key: string, at: Date): ExhibitError {
  return new ExhibitError(
    "IDEMPOTENCY_MISMATCH",
    `The Idempotency-Key ${JSON.stringify(key)} was used for another request at ${at.toISOString()}.`,
  );
}
