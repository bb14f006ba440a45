import { sql } from "kysely";
import { step } from "./step.ts";

/** What people call an import, file it under, and how soon it is to be done. */
export const namesAndPriorities = step({
  version: 20,
  oldestProgram: 10,
  async up(db) {
    await sql`
      alter table imports add column title text, add column labels jsonb not null default '{}',
        add column priority text not null default 'normal' check (priority in ('urgent', 'normal', 'bulk')),
        add column set_aside boolean not null default false`.execute(db);
    await sql`create index imports_by_label on imports using gin (labels jsonb_path_ops)`.execute(
      db,
    );
    await sql`create index imports_in_attention on imports (id) where status = 'attention'`.execute(
      db,
    );
    await sql`create index acts_of_creation on acts (who, import_id) where what = 'create'`.execute(
      db,
    );
  },
});
