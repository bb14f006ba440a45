import { AsyncLocalStorage } from "node:async_hooks";
import { ExhibitError } from "@exhibit/contracts";
import { sql, type Transaction } from "kysely";
import type { LedgerSchema } from "../schema.ts";

/** A request that its sender may repeat under the same key, to have it carried out once. */
export interface KeyedRequest {
  /** The request's own id, a UUID: a repetition has another. */
  readonly id: string;
  /** Who sent it. Others' keys are other keys. */
  readonly principal: string;
  readonly key: string;
  /** SHA-256 of what is asked for. */
  readonly fingerprint: Uint8Array;
  /** SHA-256 of its sender's scope: what they were shown, they may not be shown under another one. */
  readonly scope: Uint8Array;
}

interface Acting {
  readonly request: KeyedRequest;
  isOver: boolean;
}

// A context and no parameter, so that no act can be forgotten: whatever is put on record in the audit
// log while a keyed request is carried out is recorded together with its key.
const acting = new AsyncLocalStorage<Acting>();

/** Carries out a keyed request: what `work` changes and the request itself are recorded in one transaction. */
export async function actOnce<T>(request: KeyedRequest, work: () => Promise<T>): Promise<T> {
  const one: Acting = { request, isOver: false };
  try {
    return await acting.run(one, work);
  } finally {
    // What `work` has set going, such as jobs in this process, isn't the request any more.
    one.isOver = true;
  }
}

/**
 * Records the request under way, if it has a key, in the transaction of its act: neither is there
 * without the other. Throws IDEMPOTENCY_IN_FLIGHT when another request has used the key meanwhile,
 * so that the act is rolled back.
 */
export async function recordKeyedRequest(
  tx: Transaction<LedgerSchema>,
  importId: string | null,
): Promise<void> {
  const one = acting.getStore();
  if (one === undefined || one.isOver) return;
  const { id, principal, key, fingerprint, scope } = one.request;
  // A request may act twice, or act again after its transaction was rolled back.
  const { rows } = await sql`
    insert into idempotency_keys (principal, key, request_id, fingerprint, scope, import_id)
    values (${principal}, ${key}, ${id}, ${fingerprint}, ${scope}, ${importId})
    on conflict (principal, key) do update set import_id = excluded.import_id
      where idempotency_keys.request_id = excluded.request_id
    returning key`.execute(tx);
  if (rows.length === 0) throw inFlight(key);
}

/** Makes the error for a key whose request is still being carried out. */
export function inFlight(key: string): ExhibitError {
  return new ExhibitError(
    "IDEMPOTENCY_IN_FLIGHT",
    `The request with the Idempotency-Key ${JSON.stringify(key)} is still being carried out.`,
    { retryAfter: 1_000 },
  );
}
