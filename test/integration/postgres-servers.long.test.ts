import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Problem } from "@exhibit/contracts";
import { type Ledger, openPostgresLedger } from "@exhibit/ledger";
import {
  dataFolder,
  type RunningServer,
  selfSigned,
  startPgBouncer,
  startPostgres,
} from "@exhibit/testkit";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { reasonAgainst } from "../../packages/ledger/src/database/postgres-fitness.ts";
import { createReadiness } from "../../packages/runtime/src/readiness.ts";
import { exhibit } from "../support/exhibit.ts";
import { importOfSuits, type System, startSystem, writeTree } from "../support/system.ts";

const PASSWORD = "p:/@ w%";

/** Who comes in how: one user by TLS only, one by a password, two as they like. */
const rules = `
local all all trust
hostssl all encrypted 127.0.0.1/32 trust
host all locked 127.0.0.1/32 scram-sha-256
host all exhibit,poor 127.0.0.1/32 trust
`;

const FILES = 200;

const stack = new AsyncDisposableStack();
let server: RunningServer;
let certificate: string;
let poolers: Record<"session" | "transaction" | "statement", RunningServer>;

beforeAll(async () => {
  server = await startPostgres({ rules, tls: selfSigned });
  stack.defer(() => server.stop());
  const folder = await dataFolder("certificate");
  stack.defer(folder.remove);
  certificate = join(folder.path, "authority.pem");
  await writeFile(certificate, selfSigned.cert);
  for (const text of [
    "create role encrypted login",
    "create role poor login",
    `create role locked login password '${PASSWORD}'`,
    "create database of_encrypted owner encrypted",
    "create database of_locked owner locked",
    "create database without_rights",
    "create database changing",
    "create database by_session",
    "create database by_transaction",
    "create database ascii encoding 'SQL_ASCII' locale 'C' template template0",
  ]) {
    await command("postgres", text);
  }
  const [session, transaction, statement] = await Promise.all([
    startPgBouncer(server.url, { mode: "session", poolSize: 4 }),
    startPgBouncer(server.url, { mode: "transaction", poolSize: 4 }),
    startPgBouncer(server.url, { mode: "statement", poolSize: 4 }),
  ]);
  poolers = { session, transaction, statement };
  for (const pooler of [session, transaction, statement]) stack.defer(() => pooler.stop());
});
afterAll(() => stack.disposeAsync());

interface Where {
  user?: string;
  password?: string;
  query?: Record<string, string>;
  /** @defaultValue the server itself */
  by?: RunningServer;
}

function addressOf(database: string, { user, password, query = {}, by = server }: Where = {}) {
  const url = new URL(by.url);
  url.pathname = `/${database}`;
  if (user !== undefined) url.username = user;
  if (password !== undefined) url.password = encodeURIComponent(password);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

async function command(database: string, text: string): Promise<void> {
  const client = new pg.Client(addressOf(database));
  await client.connect();
  await client.query(text);
  await client.end();
}

/** Why a ledger isn't opened on it: the code and the sentence. */
async function refusal(url: string): Promise<{ code: string; message: string }> {
  return await openPostgresLedger(url).then(
    (ledger) => ledger.close().then(() => ({ code: "opened", message: "" })),
    ({ code, message }) => ({ code, message }),
  );
}

describe("A Postgres that can't carry the ledger is refused at the start, with a sentence", () => {
  test.each<[string, () => string, string, RegExp]>([
    [
      "one that wants another password",
      () => addressOf("of_locked", { user: "locked", password: "wrong" }),
      "SERVICE_REFUSED",
      /password authentication failed/,
    ],
    [
      "one that wants a password",
      () => addressOf("of_locked", { user: "locked" }),
      "SERVICE_REFUSED",
      /asks for a password, and the address has none/,
    ],
    [
      "one that doesn't have the database",
      () => addressOf("nowhere"),
      "SERVICE_REFUSED",
      /"nowhere" does not exist/,
    ],
    [
      "one that has the database not, behind a pooler",
      () => addressOf("nowhere", { by: poolers.session }),
      "SERVICE_REFUSED",
      /"nowhere" does not exist/,
    ],
    [
      "one that wants TLS",
      () => addressOf("of_encrypted", { user: "encrypted" }),
      "SERVICE_REFUSED",
      /no encryption.*sslmode=verify-full&sslrootcert=FILE/,
    ],
    [
      "one whose certificate nobody known has signed",
      () => addressOf("of_encrypted", { user: "encrypted", query: { sslmode: "verify-full" } }),
      "SERVICE_UNREACHABLE",
      /self-signed certificate.*sslrootcert=FILE/,
    ],
    [
      "one that speaks no TLS, by an address that wants it",
      () => `${inject("postgresUrl")}?sslmode=verify-full`,
      "SERVICE_UNREACHABLE",
      /Remove sslmode/,
    ],
    [
      "one by an address that names a certificate which isn't there",
      () => addressOf("postgres", { query: { sslmode: "verify-full", sslrootcert: "/nowhere" } }),
      "CONFIG_INVALID",
      /\/nowhere \(ENOENT\)/,
    ],
    ["one that can't hold all names", () => addressOf("ascii"), "SERVICE_UNFIT", /SQL_ASCII/],
    [
      "one that takes no writes",
      () => addressOf("changing", { query: { options: "-c default_transaction_read_only=on" } }),
      "SERVICE_UNFIT",
      /takes no writes/,
    ],
    [
      "a pooler by transaction that the address says nothing of",
      () => addressOf("by_transaction", { by: poolers.transaction }),
      "SERVICE_UNFIT",
      /Add \?pooler=transaction to EXHIBIT_DATABASE_URL/,
    ],
    [
      "a pooler by statement",
      () => addressOf("by_transaction", { by: poolers.statement }),
      "SERVICE_UNFIT",
      /statement mode.*rules out transactions/,
    ],
    [
      "a pooler by statement, called one by transaction",
      () =>
        addressOf("by_transaction", { by: poolers.statement, query: { pooler: "transaction" } }),
      "SERVICE_UNFIT",
      /statement mode/,
    ],
    [
      "a pooler of a kind that there isn't",
      () => addressOf("by_session", { query: { pooler: "sometimes" } }),
      "CONFIG_INVALID",
      /pooler must be session or transaction/,
    ],
  ])("%s", async (_, address, code, sentence) => {
    const refused = await refusal(address());
    expect(refused).toEqual({ code, message: expect.stringMatching(sentence) });
    expect(refused.message).not.toContain(PASSWORD);
  });

  test("one whose user may only read", async () => {
    await (await openPostgresLedger(addressOf("without_rights"))).close();
    await command("without_rights", "grant select on all tables in schema public to poor");
    expect(await refusal(addressOf("without_rights", { user: "poor" }))).toEqual({
      code: "SERVICE_UNFIT",
      message: expect.stringMatching(/user "poor".*\(acts, .*files, folders, imports,.*Grant/),
    });
  });

  test("a replica, and one that is too old", () => {
    const fine = {
      version: "15.18",
      versionNumber: 150_018,
      isReplica: false,
      isReadOnly: false,
      encoding: "UTF8",
      user: "exhibit",
      forbidden: null,
    };
    expect(reasonAgainst(fine)).toBeUndefined();
    expect(reasonAgainst({ ...fine, isReplica: true, isReadOnly: true })).toMatch(/a replica/);
    const old = { ...fine, version: "14.11", versionNumber: 140_011 };
    expect(reasonAgainst(old)).toBe("it is Postgres 14.11; at least 15 is needed.");
  });

  test("by exit code 2 and the sentence", async () => {
    const { code, stderr } = await exhibit(["migrate", "--check"], {
      EXHIBIT_DATABASE_URL: addressOf("of_locked", { user: "locked", password: "wrong" }),
    });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/password authentication failed.*\[SERVICE_REFUSED\]/),
    });
  });
});

async function writeSuit(system: System): Promise<void> {
  const names = Array.from({ length: FILES }, (_, index) => `${index}.txt`);
  const files = Object.fromEntries(names.map((name) => [name, name]));
  await writeTree(join(system.root, "1001"), files);
}

/** Resolves once the API is ready. Behind a pooler with few connections, the first may take longer than readiness waits. */
async function untilReady(system: System): Promise<void> {
  for (;;) {
    const { status, details } = await system.get<{
      status: string | number;
      details?: Problem["details"];
    }>("/readyz");
    if (status === "ready") return;
    expect(details?.ledger).toMatch(/^no answer within/);
  }
}

/** Imports some hundred files and looks that all were stored, each by one attempt. */
async function expectSealed(system: System): Promise<void> {
  await writeSuit(system);
  await untilReady(system);
  const { status, stored } = await system.run(importOfSuits(system.root, "1001"));
  expect({ status, stored }).toEqual({ status: "sealed", stored: FILES });
  expect(system.sandbox.objectCount()).toBe(FILES);
}

describe("The ledger is worked on", () => {
  test("by TLS with the authority's certificate, and with a password of any characters", async () => {
    const encrypted = { sslmode: "verify-full", sslrootcert: certificate };
    const byTls = addressOf("of_encrypted", { user: "encrypted", query: encrypted });
    await (await openPostgresLedger(byTls)).close();
    const byPassword = addressOf("of_locked", { user: "locked", password: PASSWORD });
    await (await openPostgresLedger(byPassword)).close();
  });

  test("through a pooler by transaction that the address tells of", async () => {
    const databaseUrl = addressOf("by_transaction", {
      by: poolers.transaction,
      query: { pooler: "transaction" },
    });
    await using system = await startSystem("Redis and Postgres", { environment: { databaseUrl } });
    await expectSealed(system);
  });

  test("through a pooler that has fewer connections than the processes want, all of which go on", async () => {
    const databaseUrl = addressOf("by_session", { by: poolers.session });
    await using system = await startSystem("Redis and Postgres", { environment: { databaseUrl } });
    const other = await openPostgresLedger(databaseUrl);
    const others = workOn(other);
    await expectSealed(system);
    const before = others.answered;
    await expect.poll(() => others.answered, { timeout: 30_000 }).toBeGreaterThan(before);
    await others.stop();
    for (const refusal of others.refusals) expect(refusal).toContain("its pool_size");
    await other.close();
  });
});

test("A pooler that has no connection left is told of, by who needs one and to who listens, and used again when it has", async () => {
  const pooler = await startPgBouncer(server.url, { mode: "session", poolSize: 1 });
  const databaseUrl = addressOf("by_session", { by: pooler });
  const troubles: string[] = [];
  const ledger = await openPostgresLedger(databaseUrl, {
    onTrouble: (sentence) => troubles.push(sentence),
  });
  // Its own connection is given back meanwhile, and this one is not.
  const other = new pg.Client(databaseUrl);
  await other.connect();
  await other.query("select 1");
  const readiness = createReadiness({ ledger, engine: { ping: async () => {} } });
  const [silent] = await Promise.all([
    readiness(),
    expect(ledger.ping()).rejects.toMatchObject({
      code: "SERVICE_UNREACHABLE",
      message: expect.stringMatching(
        /^No connection to the ledger within 10 s: the pooler in front of it/,
      ),
    }),
  ]);
  expect(silent).toMatchObject({ ledger: "no answer within 5 s", code: "SERVICE_UNREACHABLE" });
  expect(troubles).toEqual([
    expect.stringMatching(/Its pool_size.*continues with those that it has/),
  ]);
  expect((await readiness()).ledger).toMatch(/^no answer within 5 s; before: No connection/);
  await other.end();
  expect(await readiness()).toMatchObject({ ledger: "up", workers: 0 });
  await ledger.close();
  await pooler.stop();
});

/** Another process, which always wants more connections than there are. */
function workOn({ db }: Ledger) {
  const work = { answered: 0, refusals: new Set<string>(), isOver: false };
  const all = Array.from({ length: 6 }, async () => {
    while (!work.isOver) {
      try {
        await sql`select pg_sleep(0.05)`.execute(db);
        work.answered += 1;
      } catch (error) {
        work.refusals.add(String(error));
      }
    }
  });
  return Object.assign(work, {
    async stop() {
      work.isOver = true;
      await Promise.all(all);
    },
  });
}

test("A Postgres that takes no writes for a while makes readiness say so, and is worked on when it does again", async () => {
  const environment = { databaseUrl: addressOf("changing") };
  await using system = await startSystem("Redis and Postgres", { environment });
  const readiness = async () => {
    const answer = await system.ask("/readyz");
    const { code, detail } = (await answer.json()) as Partial<Problem>;
    return { status: answer.status, code, detail };
  };
  // The server ends a connection a moment after it has said so: a question that is asked in between fails once.
  const reconnect =
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'changing' and application_name = 'exhibit'";
  await command("postgres", "alter database changing set default_transaction_read_only = on");
  await command("postgres", reconnect);
  await expect.poll(readiness).toMatchObject({
    status: 503,
    code: "SERVICE_UNFIT",
    detail: expect.stringContaining("takes no writes"),
  });
  await command("postgres", "alter database changing reset default_transaction_read_only");
  await command("postgres", reconnect);
  await expect.poll(readiness).toMatchObject({ status: 200 });
  await expectSealed(system);
});
