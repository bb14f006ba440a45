import type { Redis } from "ioredis";
import type { RedisNeeds } from "./needs.ts";

/**
 * One call of each command that BullMQ's scripts use (a test compares the two), on KEY, which is in
 * its queue's slot and deleted at the end. None of them touches the queues themselves.
 */
export const commandTrial = `
DEL KEY
SET KEY 1 PX 60000
GET KEY
INCR KEY
INCRBY KEY 1
EXISTS KEY
TYPE KEY
PTTL KEY
PEXPIRE KEY 60000
PEXPIREAT KEY 99999999999999
PERSIST KEY
RENAME KEY KEY
UNLINK KEY
HSET KEY a 1
HMSET KEY a 1
HGET KEY a
HMGET KEY a
HGETALL KEY
HEXISTS KEY a
HINCRBY KEY a 1
HLEN KEY
HDEL KEY a
RPUSH KEY a
LPUSH KEY b
LSET KEY 0 a
LLEN KEY
LINDEX KEY 0
LRANGE KEY 0 0
LPOS KEY a
RPOPLPUSH KEY KEY
LTRIM KEY 0 9
RPOP KEY
LREM KEY 1 b
LPOP KEY
DEL KEY
ZADD KEY 1 a
ZSCORE KEY a
ZCARD KEY
ZCOUNT KEY 0 1
ZRANGE KEY 0 0
ZREVRANGE KEY 0 0
ZRANGEBYSCORE KEY 0 1
ZREVRANGEBYSCORE KEY 1 0
ZRANGEBYLEX KEY - +
ZLEXCOUNT KEY - +
ZPOPMIN KEY
ZREM KEY a
ZREMRANGEBYSCORE KEY 0 1
ZREMRANGEBYRANK KEY 0 0
SADD KEY a
SCARD KEY
SISMEMBER KEY a
SMEMBERS KEY
SREM KEY a
XADD KEY 1-1 a 1
XLEN KEY
XRANGE KEY - +
XREAD STREAMS KEY 0
XTRIM KEY MAXLEN 1
XDEL KEY 1-1
TIME
DEL KEY`;

const SCRIPT = `
local refused = {}
for line in ARGV[1]:gmatch('[^\\n]+') do
  local words = {}
  for word in line:gmatch('%S+') do words[#words + 1] = word == 'KEY' and KEYS[1] or word end
  local answer = redis.pcall(unpack(words))
  if type(answer) == 'table' and answer.err then refused[#refused + 1] = words[1] .. ' ' .. answer.err end
end
return refused`;

/** "NOPERM …" for a command itself, and what Redis 6 and 7 say about one in a script. */
const REFUSED_BY_RIGHTS = /NOPERM|ACL failure|can't run this command/;
const REFUSED_KEY = /permissions to access/i;

/**
 * Returns the commands that the queues need and the server's ACL forbids this user, in capital
 * letters. Throws when the server refuses them for another reason, such as no memory or a full
 * disk.
 */
export async function findMissingRights(
  redis: Redis,
  { prefix, queues }: Pick<RedisNeeds, "prefix" | "queues">,
): Promise<string[]> {
  const missing = new Set<string>();

  /** Runs something that a missing right may forbid. */
  async function attempt(name: string, work: Promise<unknown>): Promise<unknown> {
    try {
      return await work;
    } catch (thrown) {
      const reason = rightsReason(thrown);
      if (reason === undefined) throw thrown;
      missing.add(REFUSED_KEY.test(reason) ? `the keys ${prefix}:*` : name);
      return undefined;
    }
  }

  for (const queue of queues) {
    const key = `${prefix}:${queue}:trial`;
    const refused = (await attempt("EVAL", redis.eval(SCRIPT, 1, key, commandTrial))) as
      | string[]
      | undefined;
    for (const line of refused ?? []) {
      const [name = "", ...said] = line.split(" ");
      const reason = said.join(" ");
      if (!REFUSED_BY_RIGHTS.test(reason)) throw new Error(reason);
      missing.add(name);
    }
    // In a transaction, so that it doesn't block.
    await attempt("BZPOPMIN", redis.multi().bzpopmin(key, 0).exec());
  }
  await attempt("CLIENT", redis.client("SETNAME", "exhibit"));
  return [...missing];
}

/** Returns what the server says when its ACL forbids something, also inside a transaction. */
function rightsReason(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const inner =
    "previousErrors" in thrown && Array.isArray(thrown.previousErrors)
      ? thrown.previousErrors.map(String)
      : [];
  return [thrown.message, ...inner].find((said) => REFUSED_BY_RIGHTS.test(said));
}
