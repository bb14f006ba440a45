import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Environment } from "@exhibit/config";
import type { ImportView, Problem } from "@exhibit/contracts";
import { createDatabase } from "@exhibit/ledger/testing";
import { openRedisEngine } from "@exhibit/queue";
import { freePort, type RunningServer, selfSigned, startRedis } from "@exhibit/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exhibit } from "../support/exhibit.ts";
import { importOfSuits, startSystem, writeTree } from "../support/system.ts";

const PASSWORD = "p:/@ w%";

const stack = new AsyncDisposableStack();
let servers: Record<
  "plain" | "replica" | "sentinel" | "evicting" | "locked" | "encrypted",
  RunningServer
>;
let cluster: RunningServer[];

async function start(options: Parameters<typeof startRedis>[0] = {}): Promise<RunningServer> {
  const server = await startRedis(options);
  stack.defer(() => server.stop());
  return server;
}

/** A node of a cluster. Its second port would lie 10,000 above, among those that the system gives to connections. */
async function startNode(): Promise<RunningServer> {
  const second = `${await freePort()}`;
  const settings = { "cluster-enabled": "yes", "cluster-port": second, databases: "1" };
  return start({ settings });
}

beforeAll(async () => {
  const plain = await start();
  const { port } = new URL(plain.url);
  const [replica, sentinel, evicting, locked, encrypted, ...nodes] = await Promise.all([
    start({ settings: { replicaof: `127.0.0.1 ${port}` } }),
    start({ isSentinel: true, settings: { "sentinel monitor main": `127.0.0.1 ${port} 1` } }),
    start({ settings: { "maxmemory-policy": "allkeys-lru" } }),
    start({ settings: { requirepass: `"${PASSWORD}"` } }),
    start({ tls: selfSigned }),
    ...[1, 2, 3].map(startNode),
  ]);
  servers = { plain, replica, sentinel, evicting, locked, encrypted };
  cluster = nodes;
  const addresses = nodes.map(({ url }) => new URL(url).host);
  await promisify(execFile)("redis-cli", [
    "--cluster",
    "create",
    ...addresses,
    "--cluster-replicas",
    "0",
    "--cluster-yes",
  ]);
});
afterAll(() => stack.disposeAsync());

/** An address with a user and a password. */
function withLogin(url: string, user: string, password = PASSWORD): string {
  const address = new URL(url);
  address.username = user;
  address.password = encodeURIComponent(password);
  return address.href;
}

async function addUser(name: string, ...rules: string[]): Promise<string> {
  const admin = new Redis(servers.plain.url);
  await admin.call("ACL", "SETUSER", name, "on", `>${PASSWORD}`, ...rules);
  admin.disconnect();
  return withLogin(servers.plain.url, name);
}

/** Why an engine isn't opened on it: the code and the sentence. */
async function refusal(url: string): Promise<{ code: string; message: string }> {
  return await openRedisEngine(url).then(
    (engine) => engine.close().then(() => ({ code: "opened", message: "" })),
    ({ code, message }) => ({ code, message }),
  );
}

const keys = ["~{exhibit}:*", "~exhibit:*"];

describe("Fleets of two ledgers on one Redis", () => {
  const open = async (options: { ledger: string; prefix?: string }, database = 3) => {
    const engine = await openRedisEngine(`${servers.plain.url}/${database}`, options);
    stack.defer(() => engine.close());
    return engine;
  };

  test("aren't mixed: the second is refused, unless it has a prefix or a database of its own", async () => {
    const first = await open({ ledger: "one" });
    await open({ ledger: "one" });
    await expect(open({ ledger: "two" })).rejects.toMatchObject({
      code: "SERVICE_UNFIT",
      message: expect.stringMatching(
        /another ledger \(one; this one is two\).*EXHIBIT_REDIS_PREFIX/,
      ),
    });
    await open({ ledger: "two" }, 4);
    const apart = await open({ ledger: "two", prefix: "staging" });
    const admin = new Redis(`${servers.plain.url}/3`);
    stack.defer(() => admin.disconnect());
    await first.enqueueNew("plan", [{ id: "1" }]);
    const jobs = async (prefix: string) => (await admin.keys(`${prefix}:plan:*1`)).length;
    expect([await jobs("{exhibit}"), await jobs("{staging}")]).toEqual([1, 0]);
    await apart.enqueueNew("plan", [{ id: "1" }]);
    expect([await jobs("{exhibit}"), await jobs("{staging}")]).toEqual([1, 1]);
  });

  test("a queue that becomes another ledger's while it is away isn't ready", async () => {
    const engine = await open({ ledger: "one", prefix: "moved" });
    await engine.ping();
    const admin = new Redis(`${servers.plain.url}/3`);
    stack.defer(() => admin.disconnect());
    await admin.set("{moved}:ledger", "two");
    await expect(engine.ping()).rejects.toMatchObject({ code: "SERVICE_UNFIT" });
    await admin.del("{moved}:ledger");
    await engine.ping();
    expect(await admin.get("{moved}:ledger")).toBe("one");
  });
});

describe("A Redis that can't carry the work is refused at the start, with a sentence", () => {
  test.each<[string, () => Promise<string> | string, string, RegExp]>([
    ["a Sentinel", () => servers.sentinel.url, "SERVICE_UNFIT", /Sentinel.*address of the Redis/],
    ["a replica", () => servers.replica.url, "SERVICE_UNFIT", /replica.*its master \(127.0.0.1:/],
    ["one that evicts", () => servers.evicting.url, "SERVICE_UNFIT", /policy is allkeys-lru/],
    [
      "one that wants a password",
      () => servers.locked.url,
      "SERVICE_REFUSED",
      /asks for a password, and the address has none/,
    ],
    [
      "one that wants another password",
      () => withLogin(servers.locked.url, "", "wrong"),
      "SERVICE_REFUSED",
      /WRONGPASS/,
    ],
    [
      "one whose user may not ask what it is",
      () => addUser("a", ...keys, "+@all", "-@dangerous"),
      "SERVICE_UNFIT",
      /"a" lacks rights that the queues need: INFO\./,
    ],
    [
      "one whose user may not wait",
      () => addUser("b", ...keys, "+@all", "-@blocking"),
      "SERVICE_UNFIT",
      /: XREAD, BZPOPMIN\./,
    ],
    [
      "one whose user may run no scripts",
      () => addUser("c", ...keys, "+@all", "-@scripting"),
      "SERVICE_UNFIT",
      /: EVAL\./,
    ],
    [
      "one whose user has other keys",
      () => addUser("d", "~other:*", "+@all"),
      "SERVICE_UNFIT",
      /: the keys \{exhibit\}:\*\./,
    ],
    [
      "one with fewer databases",
      () => `${servers.plain.url}/100000`,
      "SERVICE_UNFIT",
      /no database 100000 \(ERR DB index is out of range\)/,
    ],
    [
      "one whose certificate nobody known has signed",
      () => servers.encrypted.url,
      "SERVICE_UNREACHABLE",
      /self-signed certificate.*EXHIBIT_REDIS_CA_FILE/,
    ],
    [
      "one that speaks TLS, by an address without",
      () => servers.encrypted.url.replace("rediss:", "redis:"),
      "SERVICE_UNREACHABLE",
      /begin the address with rediss:/,
    ],
    [
      "one that doesn't speak TLS, by an address with it",
      () => servers.plain.url.replace("redis:", "rediss:"),
      "SERVICE_UNREACHABLE",
      /begin the address with redis:/,
    ],
  ])("%s", async (_, address, code, sentence) => {
    const refused = await refusal(await address());
    expect(refused).toEqual({ code, message: expect.stringMatching(sentence) });
    expect(refused.message).not.toContain(PASSWORD);
  });

  test("any node of a cluster, also the one that has the queues' slot", async () => {
    for (const { url } of cluster) {
      expect(await refusal(url)).toEqual({
        code: "SERVICE_UNFIT",
        message: expect.stringContaining("a node of a cluster"),
      });
    }
  });

  test("by exit code 2 and the sentence", async () => {
    const database = await createDatabase();
    const { code, stderr } = await exhibit(["worker"], {
      EXHIBIT_CONFIG: join(import.meta.dirname, "../../exhibit.example.yaml"),
      EXHIBIT_REDIS_URL: servers.replica.url,
      EXHIBIT_DATABASE_URL: database.url,
      KONGUR_APP_SECRET: "s",
      DEEPVISION_APP_SECRET: "s",
    });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/it is a replica.*\[SERVICE_UNFIT\]/),
    });
    await database.drop();
  });
});

/** Whether an import gets through, and readiness says so. */
async function seals(environment: Partial<Environment>): Promise<void> {
  await using system = await startSystem("Redis and Postgres", { environment });
  await writeTree(join(system.root, "1001"), { "a.pdf": "a", "b.pdf": "b" });
  expect(await system.get("/readyz")).toMatchObject({ status: "ready", workers: 1 });
  const { status, stored } = await system.run(importOfSuits(system.root, "1001"));
  expect({ status, stored }).toEqual({ status: "sealed", stored: 2 });
}

describe("Work is carried", () => {
  test("with a user that has the rights which the refusal names, and a password of any characters", async () => {
    const few = await addUser("few", "+ping");
    const { message } = await refusal(few);
    const rule = /ACL SETUSER few (.*)$/.exec(message)?.[1] ?? "";
    await addUser("few", ...rule.replaceAll("'", "").split(" "));
    await seals({ redisUrl: few });
  });

  test("by TLS, with the authority's certificate", async () => {
    await seals({ redisUrl: servers.encrypted.url, redisCa: selfSigned.cert });
  });

  test("by one that evicts, for who says so", async () => {
    await seals({ redisUrl: servers.evicting.url, allowEviction: true });
  });
});

test("A Redis that becomes unfit later makes readiness say so, and work goes on when it is mended", async () => {
  const redis = await start();
  await using system = await startSystem("Redis and Postgres", {
    environment: { redisUrl: redis.url },
  });
  const admin = new Redis(redis.url);
  const readiness = async () => {
    const answer = await system.ask("/readyz");
    const { code, detail } = (await answer.json()) as Partial<Problem>;
    return { status: answer.status, code, detail };
  };
  await admin.config("SET", "maxmemory-policy", "volatile-lru");
  expect(await readiness()).toMatchObject({
    status: 503,
    code: "SERVICE_UNFIT",
    detail: expect.stringContaining("volatile-lru"),
  });
  await admin.config("SET", "maxmemory-policy", "noeviction");
  expect(await readiness()).toMatchObject({ status: 200 });

  await admin.replicaof("127.0.0.1", new URL(servers.plain.url).port);
  expect(await readiness()).toMatchObject({
    status: 503,
    code: "SERVICE_UNFIT",
    detail: expect.stringMatching(/^Ledger: up; .*a replica/),
  });
  await writeTree(join(system.root, "1001"), { "a.pdf": "a" });
  const { body } = await system.post<ImportView>("/v1/imports", importOfSuits(system.root, "1001"));
  await admin.replicaof("NO", "ONE");
  expect(await system.rest(body.import_id)).toMatchObject({ status: "sealed", stored: 1 });
  expect(await readiness()).toMatchObject({ status: 200 });
  admin.disconnect();
});
