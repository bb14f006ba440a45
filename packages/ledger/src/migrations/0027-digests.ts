import { sql } from "kysely";
import { step } from "./step.ts";

/**
 * By which stored bytes are found again: the first four bytes of each SHA-256 of a finished shard. An
 * index of the files' own column would double what an outcome costs, because it would keep Postgres
 * from writing a receipt without touching the other indexes.
 */
export const digests = step({
  version: 27,
  oldestProgram: 10,
  async up(db) {
    await sql`create table shard_digests (shard_id bigint primary key, heads integer[] not null)`.execute(
      db,
    );
  },
});
