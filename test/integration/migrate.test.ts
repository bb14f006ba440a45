import { once } from "node:events";
import { migrateLedger, SCHEMA_VERSION } from "@exhibit/ledger";
import { createDatabase } from "@exhibit/ledger/testing";
import { startServer } from "@exhibit/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPool } from "../../packages/ledger/src/database/postgres-pool.ts";
import { makeAsBefore } from "../../packages/ledger/test/make-as-before.ts";
import { cli, exhibit } from "../support/exhibit.ts";
import { startSystem } from "../support/system.ts";

describe("`exhibit migrate` on the ledger of an earlier release", () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  beforeAll(async () => {
    database = await createDatabase();
    const db = connectPool(database.url).db;
    await makeAsBefore(db, "0010-room-for-receipts");
    await db.destroy();
  });
  afterAll(() => database.drop());

  const migrate = (...args: string[]) =>
    exhibit(["migrate", ...args], { EXHIBIT_DATABASE_URL: database.url });

  test("says what is missing and changes nothing when it is only asked to look", async () => {
    const [check, looked] = await Promise.all([migrate("--check"), migrate("--dry-run", "--json")]);
    expect(check).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/0011-facts.*\[SCHEMA_OLD\]/),
      stdout: expect.stringContaining("The ledger's schema is 10"),
    });
    expect(looked.code).toBe(0);
    expect(JSON.parse(looked.stdout)).toMatchObject({
      schema: 10,
      wanted: SCHEMA_VERSION,
      missing: expect.arrayContaining(["0011-facts"]),
      migrated: false,
    });
  });

  test("brings it up to date, and says so while it waits for a table that somebody holds", async () => {
    const reader = new pg.Client(database.url);
    await reader.connect();
    await reader.query("begin");
    await reader.query("select from imports");
    const migrating = await startServer(process.execPath, [cli, "migrate"], {
      ready: /locked a table \(attempt 1 of 30\)/,
      env: { ...process.env, EXHIBIT_DATABASE_URL: database.url },
    });
    const ended = once(migrating, "exit");
    await reader.query("commit");
    await reader.end();
    expect((await ended)[0]).toBe(0);

    const check = await migrate("--check", "--json");
    expect(check).toMatchObject({ code: 0, stderr: expect.stringContaining("up to date") });
    expect(JSON.parse(check.stdout)).toMatchObject({
      schema: SCHEMA_VERSION,
      oldest_program: 10,
      missing: [],
    });
  });
});

test.each([
  ["of a later release that it works on says so in its log, once", SCHEMA_VERSION + 1],
  ["of its own release says nothing", SCHEMA_VERSION],
])("A process on a ledger %s", async (_, version) => {
  const database = await createDatabase();
  await migrateTo(database.url, version);
  const lines: string[] = [];
  const system = await startSystem("Redis and Postgres", {
    environment: { databaseUrl: database.url },
    log: (line) => lines.push(line),
  });
  const said = lines.filter((line) => line.includes('"event":"schema.newer"'));
  const newer = { level: "info", schema: version, program: SCHEMA_VERSION };
  expect(said.map((line) => JSON.parse(line))).toMatchObject(
    version > SCHEMA_VERSION ? [newer] : [],
  );
  await system[Symbol.asyncDispose]();
  await database.drop();
});

/** As a later release would leave it whose steps only add. */
async function migrateTo(url: string, version: number): Promise<void> {
  await migrateLedger(url);
  if (version === SCHEMA_VERSION) return;
  const client = new pg.Client(url);
  await client.connect();
  await client.query("insert into schema_versions (version, oldest_program) values ($1, $2)", [
    version,
    SCHEMA_VERSION,
  ]);
  await client.end();
}
