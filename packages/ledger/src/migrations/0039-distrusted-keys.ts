import { sql } from "kysely";
import { step } from "./step.ts";

/** Keys that signed entries of the register and are no longer to be trusted, and from where on. */
export const distrustedKeys = step({
  version: 39,
  oldestProgram: 10,
  async up(db) {
    await sql`
      create table distrusted_keys (
        key text primary key references seal_keys,
        from_number bigint not null,
        at timestamptz not null default now(),
        who text not null,
        why text not null
      )`.execute(db);
    await sql`
      create trigger distrusted_keys_stay before update or delete on distrusted_keys
        for each statement execute function refuse_change()`.execute(db);
  },
});
