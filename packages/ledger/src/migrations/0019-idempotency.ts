import { sql } from "kysely";
import { step } from "./step.ts";

/** Requests that came with an Idempotency-Key, and how they were answered. */
export const idempotency = step({
  version: 19,
  oldestProgram: 10,
  async up(db) {
    await sql`
      create table idempotency_keys (
        principal text not null,
        key text not null,
        created_at timestamptz not null default now(),
        request_id uuid not null,
        fingerprint bytea not null,
        import_id uuid,
        status smallint,
        headers jsonb,
        body text,
        primary key (principal, key)
      )`.execute(db);
    await sql`create index idempotency_keys_by_age on idempotency_keys (created_at)`.execute(db);
  },
});
