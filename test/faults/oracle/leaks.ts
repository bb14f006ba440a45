import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import type { Query } from "../deployment/ledger-view.ts";
import type { IssuedToken } from "../deployment/sandbox-client.ts";

/** A secret that was found in plain text. */
export interface Leak {
  where: string;
  /** The secret's name, not the secret itself. */
  what: string;
}

/** The names of the secrets, by secret. */
export type Secrets = ReadonlyMap<string, string>;

export function secretsOf(tokens: readonly IssuedToken[], others: readonly string[]): Secrets {
  return new Map([
    ...tokens.flatMap(
      ({ accessKeyId, accessKeySecret, securityToken }) =>
        [
          [accessKeySecret, `the secret of ${accessKeyId}`],
          [securityToken, `the security token of ${accessKeyId}`],
        ] as const,
    ),
    ...others.map((secret, index) => [secret, `secret ${index + 1} of the configuration`] as const),
  ]);
}

export function leaksIn(where: string, text: string | Buffer, secrets: Secrets): Leak[] {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  return [...secrets]
    .filter(([secret]) => bytes.includes(secret))
    .map(([, what]) => ({ where, what }));
}

/** Searches all keys and values, and the append-only file for earlier ones. */
export async function leaksInRedis(url: string, secrets: Secrets): Promise<Leak[]> {
  const redis = new Redis(url);
  try {
    const leaks: Leak[] = [];
    for await (const keys of redis.scanStream({ count: 500 }) as AsyncIterable<string[]>) {
      const texts = await Promise.all(
        keys.map(async (key) => `${key} ${await textAt(redis, key)}`),
      );
      leaks.push(...leaksIn("Redis", texts.join("\n"), secrets));
    }
    const [, folder = ""] = (await redis.config("GET", "dir")) as string[];
    return [...leaks, ...(await leaksBelow(join(folder, "appendonlydir"), secrets))];
  } finally {
    redis.disconnect();
  }
}

async function textAt(redis: Redis, key: string): Promise<string> {
  switch (await redis.type(key)) {
    case "string":
      return (await redis.get(key)) ?? "";
    case "hash":
      return JSON.stringify(await redis.hgetall(key));
    case "list":
      return (await redis.lrange(key, 0, -1)).join("\n");
    case "set":
      return (await redis.smembers(key)).join("\n");
    case "zset":
      return (await redis.zrange(key, "0", "-1")).join("\n");
    case "stream":
      return JSON.stringify(await redis.call("XRANGE", key, "-", "+"));
    default:
      return "";
  }
}

/** Searches the ledger's rows, except those of stored files: they are many, and hold nobody's messages. */
export async function leaksInLedger(query: Query, secrets: Secrets): Promise<Leak[]> {
  const rows = await query<{ row: string }>(`
    select row_to_json(t)::text as row from imports t
    union all select row_to_json(t)::text from folders t
    union all select row_to_json(t)::text from acts t
    union all select row_to_json(t)::text from files t where error is not null`);
  return leaksIn("the ledger", rows.map(({ row }) => row).join("\n"), secrets);
}

/** Searches all files of a folder. */
export async function leaksBelow(folder: string, secrets: Secrets): Promise<Leak[]> {
  const leaks: Leak[] = [];
  for (const name of await readdir(folder)) {
    leaks.push(...(await leaksInFile(join(folder, name), secrets)));
  }
  return leaks;
}

export async function leaksInFile(path: string, secrets: Secrets): Promise<Leak[]> {
  const found = new Map<string, Leak>();
  const longest = Math.max(0, ...[...secrets.keys()].map((secret) => secret.length));
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 4 * 1024 * 1024 })) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    for (const leak of leaksIn(path, bytes, secrets)) found.set(leak.what, leak);
    // A secret may span two pieces.
    rest = bytes.subarray(Math.max(0, bytes.length - longest));
  }
  return [...found.values()];
}
