import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEnvironment } from "../../src/index.ts";

describe("a variable that holds a secret", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "exhibit-secrets-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function file(name: string, content: string): Promise<string> {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  }

  it("may be in a file, whose content is trimmed", async () => {
    const environment = readEnvironment({
      EXHIBIT_REDIS_URL_FILE: await file("redis", "redis://:pw@redis.test\n"),
      EXHIBIT_DATABASE_URL_FILE: await file("database", " postgres://u:pw@db.test/x\n"),
      EXHIBIT_LEASE_KEY_FILE: await file("key", `k1:${Buffer.alloc(32).toString("base64")}\n`),
    });
    expect(environment).toMatchObject({
      redisUrl: "redis://:pw@redis.test",
      databaseUrl: "postgres://u:pw@db.test/x",
      leaseKeys: [{ id: "k1" }],
    });
  });

  it("takes precedence over its file", async () => {
    const environment = readEnvironment({
      EXHIBIT_LEASE_KEY: `k1:${Buffer.alloc(32).toString("base64")}`,
      EXHIBIT_LEASE_KEY_FILE: "/nowhere",
    });
    expect(environment.leaseKeys).toMatchObject([{ id: "k1" }]);
  });

  it("is a fault if its file can't be read, is empty, or contains something else", async () => {
    const variables = {
      EXHIBIT_REDIS_URL_FILE: join(folder, "nowhere"),
      EXHIBIT_DATABASE_URL_FILE: await file("empty", "\n"),
      EXHIBIT_LEASE_KEY_FILE: await file("short", "s3cret"),
    };
    expect(() => readEnvironment(variables)).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: [
          "the environment can't be used:",
          "EXHIBIT_REDIS_URL: the file of EXHIBIT_REDIS_URL_FILE can't be read: ENOENT",
          "EXHIBIT_DATABASE_URL: the file of EXHIBIT_DATABASE_URL_FILE is empty",
          "EXHIBIT_LEASE_KEY: key 1: it isn't 32 bytes in Base64; make one with: openssl rand -base64 32",
        ].join("\n"),
      }),
    );
  });
});
