import { sql } from "kysely";
import { step } from "./step.ts";

/**
 * What is kept elsewhere of an entry of the register: its head with a third party, a seal and its lists
 * beside the evidence. A row for each, put down with the entry. An older release writes entries without.
 */
export const deposits = step({
  version: 46,
  oldestProgram: 10,
  async up(db) {
    await sql`
      create table deposits (
        entry bigint not null references register,
        receiver text not null,
        folder integer not null default 0,
        part text not null,
        place text,
        state text not null default 'pending' check (state in ('pending', 'deposited', 'refused')),
        attempts integer not null default 0,
        asked_at timestamptz,
        next_at timestamptz not null default now(),
        deposited_at timestamptz,
        keys text[],
        error text,
        primary key (entry, receiver, folder, part),
        check ((deposited_at is not null) = (state = 'deposited'))
      )`.execute(db);
    await sql`create index open_deposits on deposits (receiver, next_at) where state <> 'deposited'`.execute(
      db,
    );
  },
});
