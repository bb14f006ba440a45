import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

export const roomForReceipts: Migration = {
  async up(db: Kysely<unknown>) {
    // Half of a shard's receipts are written at a time and have to find room beside the other
    // half's rows. Existing pages stay as they are.
    await sql`alter table files set (fillfactor = 36)`.execute(db);
  },
};
