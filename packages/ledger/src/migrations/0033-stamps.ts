import { sql } from "kysely";
import { step } from "./step.ts";

/**
 * What independent authorities say of when an entry of the register was there: a row for each entry and
 * authority, put down with the entry. An older release writes entries without them.
 */
export const stamps = step({
  version: 33,
  oldestProgram: 10,
  async up(db) {
    // The certificates that tokens were checked against, by their SHA-256.
    await sql`create table stamp_roots (id text primary key, pem text not null)`.execute(db);
    await sql`
      create table stamps (
        entry bigint not null references register,
        authority text not null,
        state text not null default 'pending'
          check (state in ('pending', 'granted', 'unchecked', 'refused', 'invalid')),
        attempts integer not null default 0,
        asked_at timestamptz,
        next_at timestamptz not null default now(),
        token bytea,
        stamped_at timestamptz,
        serial text,
        root text references stamp_roots,
        error text,
        primary key (entry, authority),
        check ((token is not null) = (state in ('granted', 'unchecked'))),
        check ((stamped_at is not null) = (state = 'granted'))
      )`.execute(db);
    await sql`create index stamps_pending on stamps (authority, next_at) where state = 'pending'`.execute(
      db,
    );
    await sql`
      create function refuse_stamp_change() returns trigger language plpgsql as $$
      begin
        if old.token is not null then
          raise exception 'a stamp that was given is never changed and never removed';
        end if;
        return case tg_op when 'DELETE' then old else new end;
      end $$`.execute(db);
    await sql`
      create trigger stamps_stay before update or delete on stamps
      for each row execute function refuse_stamp_change()`.execute(db);
  },
});
