import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

const name = sql`coalesce(normal, path)`;
const prefix = sql`case when right(key, length(${name})) = ${name} then left(key, -length(${name})) else '' end`;

export const narrowReceipts: Migration = {
  async up(db: Kysely<unknown>) {
    // What thousands of receipts have in common is stored once.
    await sql`
      create table leases (
        number integer generated always as identity primary key,
        id text not null,
        prefix text not null,
        unique (id, prefix)
      )`.execute(db);
    await sql`alter table files add column lease integer`.execute(db);
    await sql`
      insert into leases (id, prefix)
      select distinct lease_id, ${prefix} from files where lease_id is not null`.execute(db);
    await sql`
      update files set lease = leases.number,
        key = nullif(right(key, length(key) - length(leases.prefix)), ${name})
      from leases where leases.id = lease_id and leases.prefix = ${prefix}`.execute(db);
    await sql`
      alter table files drop column lease_id,
        alter column crc64 type bytea using int8send((case when crc64::numeric < 2::numeric ^ 63 then crc64::numeric
          else crc64::numeric - 2::numeric ^ 64 end)::bigint)`.execute(db);
    // Leaves room for receipts beside the rows that planning writes: an update that stays on its
    // page doesn't touch the indexes.
    await sql`alter table files set (fillfactor = 40)`.execute(db);
  },
};
