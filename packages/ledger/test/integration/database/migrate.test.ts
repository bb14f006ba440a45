import { join } from "node:path";
import { copyPglite, createDatabase } from "@exhibit/ledger/testing";
import { dataFolder } from "@exhibit/testkit";
import { type Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { connectPglite } from "../../../src/database/embedded-ledger.ts";
import { migrate, readSchema } from "../../../src/database/migrate.ts";
import { connectPool } from "../../../src/database/postgres-pool.ts";
import {
  deploymentOf,
  listFiles,
  migrateLedger,
  openPglite,
  openPostgresLedger,
  SCHEMA_VERSION,
} from "../../../src/index.ts";
import { firstMigrations, provide } from "../../../src/migrations/index.ts";
import type { LedgerSchema } from "../../../src/schema.ts";
import { makeAsBefore } from "../../make-as-before.ts";

interface Bare {
  db: Kysely<LedgerSchema>;
  remove(): Promise<void>;
}

/** Opens databases that have no ledger yet. */
const bareKinds = {
  async Postgres(): Promise<Bare> {
    const { url, drop } = await createDatabase();
    const db = connectPool(url).db;
    return { db, remove: () => db.destroy().then(drop) };
  },
  async PGlite(): Promise<Bare> {
    const folder = await dataFolder("pglite");
    const path = join(folder.path, "ledger");
    await copyPglite(path, "empty");
    const pglite = await openPglite(path);
    return { db: connectPglite(pglite), remove: () => pglite.close().then(folder.remove) };
  },
};

const IMPORT = "01900000-0000-7000-8000-000000000000";

describe.each(Object.entries(bareKinds))("A ledger of an earlier release on %s", (_kind, open) => {
  test("keeps its receipts when it is migrated", async () => {
    const { db, remove } = await open();
    await makeAsBefore(db, "0007-normal-paths");
    await sql`insert into imports (id, suit_ids, open_folders) values (${IMPORT}, '{}', 1)`.execute(
      db,
    );
    await sql`insert into folders (import_id, position, vendor, selector, source, files, stored, identical, failed)
      values (${IMPORT}, 0, 'kongur', '{}', '{}', 6, 4, 1, 1)`.execute(db);
    await sql`
      insert into files (folder_id, path, normal, size, state, key, crc64, lease_id)
      select folders.id, f.* from folders, (values
        ('a', null, 1, 'stored', 'p/a', '18446744073709551615', 'L1'),
        ('b', null, 1, 'stored', 'p/b', '9223372036854775808', 'L1'),
        ('c', null, 1, 'identical', 'q/c', '9223372036854775807', 'L2'),
        (e'd/e\u0301', 'd/é', 1, 'stored', 'p/d/é', '0', 'L1'),
        ('e', null, 1, 'stored', 'p/named by the vendor', '1', 'L1'),
        ('f', null, 1, 'failed', null, null, null)
      ) as f`.execute(db);
    await migrate(db);
    const ledger = {
      db,
      schema: await readSchema(db),
      deployment: await deploymentOf({ db }),
      ping: async () => {},
      close: async () => {},
    };
    const { items } = await listFiles(ledger, IMPORT, { limit: 100 });
    expect(items.map(({ key, crc64, lease_id }) => [key, crc64, lease_id])).toEqual([
      ["p/a", "18446744073709551615", "L1"],
      ["p/b", "9223372036854775808", "L1"],
      ["q/c", "9223372036854775807", "L2"],
      ["p/d/é", "0", "L1"],
      ["p/named by the vendor", "1", "L1"],
      [null, null, null],
    ]);
    await remove();
  });

  test("is distinguished from an empty database and from a later release's", async () => {
    const { db, remove } = await open();
    expect(await readSchema(db)).toEqual({ version: 0, oldestProgram: 0 });
    await makeAsBefore(db, "0010-room-for-receipts");
    expect(await readSchema(db)).toEqual({ version: 10, oldestProgram: 10 });
    await migrate(db);
    expect(await readSchema(db)).toMatchObject({ version: SCHEMA_VERSION });
    await sql`insert into schema_versions (version, oldest_program) values (900, 899)`.execute(db);
    await expect(migrate(db)).rejects.toMatchObject({ code: "SCHEMA_NEW" });
    await remove();
  });

  test("still lets a program of the first releases start, which knows nothing of the steps since", async () => {
    const { db, remove } = await open();
    await migrate(db);
    // This is what such a program does when it starts.
    const { error, results } = await new Migrator({
      db,
      provider: provide(firstMigrations),
    }).migrateToLatest();
    expect(error).toBeUndefined();
    expect(results).toEqual([]);
    await remove();
  });
});

describe("A ledger on Postgres", () => {
  test("gets its tables in an empty database, even from several processes at once", async () => {
    const { url, drop } = await createDatabase();
    const ledgers = await Promise.all(Array.from({ length: 6 }, () => openPostgresLedger(url)));
    expect(ledgers.map(({ schema }) => schema.version)).toEqual(Array(6).fill(SCHEMA_VERSION));
    await Promise.all(ledgers.map((ledger) => ledger.close()));
    await drop();
  });

  test("isn't migrated by a process that starts, but by `migrateLedger`, which says what it lacks", async () => {
    const { url, drop } = await createDatabase();
    const db = connectPool(url).db;
    await makeAsBefore(db, "0010-room-for-receipts");
    await expect(openPostgresLedger(url)).rejects.toMatchObject({ code: "SCHEMA_OLD" });
    expect((await readSchema(db)).version).toBe(10);

    const looked = await migrateLedger(url, { dryRun: true });
    expect(looked).toMatchObject({ version: 10, missing: expect.arrayContaining(["0011-facts"]) });
    expect(await migrateLedger(url)).toMatchObject({ version: SCHEMA_VERSION });
    expect(await migrateLedger(url)).toMatchObject({ missing: [] });
    await (await openPostgresLedger(url)).close();
    await db.destroy();
    await drop();
  });

  test("is used if its schema is newer but fit for this program, and refused if it isn't", async () => {
    const { url, drop } = await createDatabase();
    const ledger = await openPostgresLedger(url);
    await sql`insert into schema_versions (version, oldest_program) values (900, ${SCHEMA_VERSION})`.execute(
      ledger.db,
    );
    const older = await openPostgresLedger(url);
    expect(older.schema.version).toBe(900);
    await older.close();
    await sql`update schema_versions set oldest_program = ${SCHEMA_VERSION + 1} where version = 900`.execute(
      ledger.db,
    );
    await expect(openPostgresLedger(url)).rejects.toMatchObject({ code: "SCHEMA_NEW" });
    await ledger.close();
    await drop();
  });

  test("waits for a locked table without making its readers wait, and refuses to wait for a dump", async () => {
    const { url, drop } = await createDatabase();
    const db = connectPool(url).db;
    await makeAsBefore(db, "0010-room-for-receipts");
    const reader = new pg.Client(url);
    await reader.connect();
    await reader.query("begin");
    await reader.query("select from imports");

    const waited: number[] = [];
    const waiting = Promise.withResolvers<void>();
    const migrating = migrateLedger(url, {
      pauseMs: 50,
      onWait(tries) {
        waited.push(tries);
        waiting.resolve();
      },
    });
    await waiting.promise;
    await reader.query("commit");
    expect((await migrating).version).toBe(SCHEMA_VERSION);
    expect(waited.length).toBeGreaterThan(0);
    await reader.end();

    await sql`delete from schema_versions`.execute(db);
    const dump = new pg.Client({ connectionString: url, application_name: "pg_dump" });
    await dump.connect();
    await expect(migrateLedger(url)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
      message: expect.stringContaining("pg_dump"),
    });
    await dump.end();
    await db.destroy();
    await drop();
  });
});
