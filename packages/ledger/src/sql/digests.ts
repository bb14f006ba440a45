import { type RawBuilder, sql } from "kysely";

/** Returns SQL for the first four bytes of a `bytea` as a number. */
function headOf(digest: RawBuilder<unknown>): RawBuilder<number> {
  return sql`('x' || encode(substring(${digest} from 1 for 4), 'hex'))::bit(32)::integer`;
}

/** Returns SQL that selects, for shards of a relation, what `shard_digests` keeps of them. */
export function digestsOf(shards: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    insert into shard_digests (shard_id, heads)
    select finished.id, array(
      select distinct ${headOf(sql`files.sha256`)} from files
      where files.shard_id = finished.id and files.sha256 is not null)
    from ${shards} as finished
    on conflict (shard_id) do update set heads = excluded.heads`;
}

/**
 * Returns SQL that selects the shards which may hold a file with a SHA-256: one in some 60,000 of the
 * others is among them, all that a worker has begun, and those that an earlier release finished.
 */
export function shardsWith(digest: Uint8Array): RawBuilder<unknown> {
  return sql`
    select shard_id from shard_digests where ${headOf(sql`${digest}::bytea`)} = any(heads)
    union
    select id from shards where state = 'open' and openings > 0
    union
    select id from shards where state <> 'open'
      and not exists (select from shard_digests where shard_digests.shard_id = shards.id)`;
}
