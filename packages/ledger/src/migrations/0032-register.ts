import { sql } from "kysely";
import { step } from "./step.ts";

/**
 * The register: the seals of imports, and what else is signed, in a chain of digests. Blocks of 256
 * leaves make the proof of one file cheap, and tell where a ledger was changed.
 */
export const register = step({
  version: 32,
  oldestProgram: 10,
  async up(db) {
    await sql`
      create table register (
        number bigint primary key check (number > 0),
        kind text not null check (kind in ('key', 'seal', 'verification', 'journal')),
        import_id uuid,
        at timestamptz not null default now(),
        text text not null,
        digest bytea not null,
        head bytea not null,
        key text,
        signature bytea,
        countersignature bytea,
        contents text,
        last_act bigint,
        last_incident bigint,
        workers integer[],
        check ((kind = 'seal') = (import_id is not null))
      )`.execute(db);
    await sql`create unique index seals_by_import on register (import_id) where kind = 'seal'`.execute(
      db,
    );
    await sql`
      create table seal_keys (
        id text primary key,
        algorithm text not null,
        public_pem text not null,
        since bigint not null references register
      )`.execute(db);
    await sql`
      create table seal_blocks (
        import_id uuid not null,
        number integer not null,
        folder integer not null,
        path text not null,
        root bytea not null,
        marks bytea not null,
        primary key (import_id, number)
      )`.execute(db);
    // The name of the register, which its first entry fixes.
    await sql`alter table deployment add column register text`.execute(db);
    // Since when an import waits for a worker that has the register's key.
    await sql`alter table imports add column seal_waits_since timestamptz`.execute(db);
    await sql`
      create index imports_without_seal on imports (finished_at)
      where sealed_number is null and status in ('sealed', 'cancelled')`.execute(db);
    // Who owns the database can take these away, which the chain finds; they keep out accidents.
    await sql`
      create function refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception 'rows of % are never changed and never removed', tg_table_name;
      end $$`.execute(db);
    for (const table of ["register", "seal_keys", "acts"]) {
      await sql`
        create trigger ${sql.raw(`${table}_stay`)} before update or delete on ${sql.table(table)}
        for each statement execute function refuse_change()`.execute(db);
    }
    // Blocks of a pass that was broken off make room for those of the next.
    await sql`
      create function refuse_sealed_change() returns trigger language plpgsql as $$
      begin
        if exists (select from imports where id = old.import_id and sealed_number is not null) then
          raise exception 'blocks of a sealed import are never changed and never removed';
        end if;
        return case tg_op when 'DELETE' then old else new end;
      end $$`.execute(db);
    await sql`
      create trigger seal_blocks_stay before update or delete on seal_blocks
      for each row execute function refuse_sealed_change()`.execute(db);
  },
});
