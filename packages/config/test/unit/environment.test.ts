import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readDatabaseUrl, readEnvironment } from "../../src/index.ts";

describe("the environment", () => {
  it("has defaults for the embedded engine", () => {
    expect(readEnvironment({ EXHIBIT_REDIS_URL: "", PATH: "/bin" })).toEqual({
      dataDir: resolve(".exhibit"),
      apiHost: "127.0.0.1",
      apiPort: 7400,
      apiUrl: "http://127.0.0.1:7400",
      apiRates: { reads: 1_200, writes: 120 },
      graceMs: 10_000,
    });
  });

  it("has everything that is set", () => {
    const given = {
      EXHIBIT_CONFIG: "exhibit.yaml",
      EXHIBIT_REDIS_URL: "rediss://:pw@redis.test:6379/1",
      EXHIBIT_REDIS_PREFIX: "staging",
      EXHIBIT_DATABASE_URL: "postgresql://u:pw@db.test/exhibit",
      EXHIBIT_REDIS_CA_FILE: import.meta.filename,
      EXHIBIT_ALLOW_EVICTION: "1",
      EXHIBIT_LEASE_KEY: `k2:${Buffer.alloc(32, 2).toString("base64")},${Buffer.alloc(32, 1).toString("base64")}`,
      EXHIBIT_DATA_DIR: "/data",
      EXHIBIT_API_HOST: "api.test",
      EXHIBIT_API_PORT: "80",
      EXHIBIT_API_URL: "https://exhibit.test/",
      EXHIBIT_API_HOSTS: "exhibit.test, api,,10.0.0.7,fd00::7,[::2]",
      EXHIBIT_API_READS_PER_MINUTE: "off",
      EXHIBIT_API_WRITES_PER_MINUTE: "600",
      EXHIBIT_API_KEY: "exh_key",
      EXHIBIT_GRACE: "90",
    };
    const { leaseKeys, ...said } = readEnvironment(given);
    expect(leaseKeys?.map(({ id }) => id)).toEqual(["k2", "default"]);
    expect(said).toEqual({
      configPath: resolve("exhibit.yaml"),
      redisUrl: given.EXHIBIT_REDIS_URL,
      redisPrefix: "staging",
      redisCa: readFileSync(import.meta.filename, "utf8"),
      allowEviction: true,
      databaseUrl: given.EXHIBIT_DATABASE_URL,
      dataDir: "/data",
      apiHost: "api.test",
      apiPort: 80,
      isPortChosen: true,
      apiUrl: "https://exhibit.test",
      publicUrl: "https://exhibit.test",
      apiKey: "exh_key",
      apiHosts: ["exhibit.test", "api", "10.0.0.7", "fd00::7", "[::2]"],
      apiRates: { writes: 600 },
      graceMs: 90_000,
    });
  });

  it.each([
    [{ EXHIBIT_REDIS_CA_FILE: "/nowhere" }, "the file can't be read: ENOENT"],
    [{ EXHIBIT_REDIS_CA_FILE: import.meta.filename }, "doesn't begin with rediss://"],
    [{ EXHIBIT_ALLOW_EVICTION: "yes" }, "it must be 1 or 0"],
    [{ EXHIBIT_API_READS_PER_MINUTE: "0" }, "it isn't a number of requests a minute, or `off`"],
  ])("refuses %o", (more, reason) => {
    const given = {
      EXHIBIT_REDIS_URL: "redis://redis.test",
      EXHIBIT_DATABASE_URL: "postgres://db.test/exhibit",
    };
    expect(() => readEnvironment({ ...given, ...more })).toThrow(reason);
  });

  it("gives the ledger's address alone to commands that need nothing else", () => {
    const url = "postgres://u:pw@db.test/exhibit";
    expect(readDatabaseUrl({ EXHIBIT_DATABASE_URL: `${url}\n` })).toBe(url);
    expect(readDatabaseUrl({ EXHIBIT_DATABASE_URL: "" })).toBeUndefined();
    expect(() => readDatabaseUrl({ EXHIBIT_DATABASE_URL: "mysql://u:s3cret@db.test" })).toThrow(
      /EXHIBIT_DATABASE_URL: it isn't a postgres:\/\/ address$/,
    );
    expect(() => readDatabaseUrl({ EXHIBIT_DATABASE_URL_FILE: "/nowhere" })).toThrow(
      /EXHIBIT_DATABASE_URL: the file of EXHIBIT_DATABASE_URL_FILE can't be read: ENOENT$/,
    );
  });

  it.each([
    ["0.0.0.0", "http://127.0.0.1:9"],
    ["::", "http://[::1]:9"],
    ["::1", "http://[::1]:9"],
    ["api.test", "http://api.test:9"],
  ])("reaches an API that listens on %s at %s", (host, url) => {
    expect(readEnvironment({ EXHIBIT_API_HOST: host, EXHIBIT_API_PORT: "9" }).apiUrl).toBe(url);
  });

  it("reports all faults at once, without the values", () => {
    const given = {
      EXHIBIT_REDIS_URL: "http://:s3cret@redis.test",
      EXHIBIT_LEASE_KEY: "k1:s3cret",
      EXHIBIT_API_PORT: "70000",
      EXHIBIT_API_URL: "s3cret",
    };
    expect(() => readEnvironment(given)).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: [
          "the environment can't be used:",
          "EXHIBIT_REDIS_URL: it isn't a redis:// or rediss:// address",
          "EXHIBIT_LEASE_KEY: key 1: it isn't 32 bytes in Base64; make one with: openssl rand -base64 32",
          "EXHIBIT_API_PORT: it isn't a port",
          "EXHIBIT_API_URL: it isn't an http:// or https:// address",
          "EXHIBIT_DATABASE_URL: it is missing, but EXHIBIT_REDIS_URL is set; set both, or neither for the embedded engine",
        ].join("\n"),
      }),
    );
  });

  it.each(["api:7400", "[::1]:80", "https://exhibit.test", "a b", "*.test"])(
    "rejects %j as another name of the API",
    (name) => {
      expect(() => readEnvironment({ EXHIBIT_API_HOSTS: `api,${name}` })).toThrow(
        /^EXHIBIT_API_HOSTS: it isn't a comma-separated list of names and addresses/m,
      );
    },
  );

  it.each([
    [
      { EXHIBIT_REDIS_URL: "redis://r/five", EXHIBIT_DATABASE_URL: "postgres://p" },
      "EXHIBIT_REDIS_URL: its path",
    ],
    [{ EXHIBIT_REDIS_PREFIX: "{a}" }, "EXHIBIT_REDIS_PREFIX: it must be"],
    [{ EXHIBIT_REDIS_PREFIX: "a:b" }, "EXHIBIT_REDIS_PREFIX: it must be"],
  ])("rejects %j", (given, fault) => {
    expect(() => readEnvironment(given)).toThrow(fault);
  });

  it("trims values, and ignores those that are empty then", () => {
    const { apiPort, redisUrl, databaseUrl, dataDir } = readEnvironment({
      EXHIBIT_API_PORT: " 80\n",
      EXHIBIT_REDIS_URL: "redis://r\n",
      EXHIBIT_DATABASE_URL: "postgres://p\r\n",
      EXHIBIT_DATA_DIR: "\n",
    });
    expect({ apiPort, redisUrl, databaseUrl }).toEqual({
      apiPort: 80,
      redisUrl: "redis://r",
      databaseUrl: "postgres://p",
    });
    expect(dataDir).toMatch(/\.exhibit$/);
  });

  it.each([['"/data"'], ["'/data'"], ["/da\nta"]])("rejects the path %j", (path) => {
    expect(() => readEnvironment({ EXHIBIT_DATA_DIR: path })).toThrow(
      "EXHIBIT_DATA_DIR: it is in quotes",
    );
  });

  it("needs a Redis with a database", () => {
    expect(() => readEnvironment({ EXHIBIT_DATABASE_URL: "postgres://db.test/x" })).toThrow(
      /^EXHIBIT_REDIS_URL: it is missing/m,
    );
  });

  it.each([["7400x"], ["-1"], ["1e3"], ["8 0"]])("rejects the port %j", (port) => {
    expect(() => readEnvironment({ EXHIBIT_API_PORT: port })).toThrow(/^EXHIBIT_API_PORT: /m);
  });
});
