import { sql } from "kysely";
import { step } from "./step.ts";

/**
 * Journals of the register: which acts and which time stamps each of them commits to. Acts are those
 * behind the last journal's, and stamps are named one by one, because they may be given years later.
 */
export const journals = step({
  version: 47,
  oldestProgram: 10,
  async up(db) {
    await sql`
      create table journals (
        number bigint primary key references register,
        last_act bigint not null,
        secret bytea not null
      )`.execute(db);
    await sql`
      create table journal_stamps (
        entry bigint not null,
        authority text not null,
        journal bigint not null references journals,
        primary key (entry, authority)
      )`.execute(db);
    await sql`create index journal_stamps_by_journal on journal_stamps (journal)`.execute(db);
    for (const table of ["journals", "journal_stamps"]) {
      await sql`
        create trigger ${sql.raw(`${table}_stay`)} before update or delete on ${sql.table(table)}
        for each statement execute function refuse_change()`.execute(db);
    }
  },
});
