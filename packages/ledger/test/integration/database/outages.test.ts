import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createDatabase } from "@exhibit/ledger/testing";
import { startPostgres } from "@exhibit/testkit";
import { sql } from "kysely";
import { expect, test, vi } from "vitest";
import { openPostgresLedger, readImport } from "../../../src/index.ts";

test("A Postgres connection that breaks in the middle of a query fails that query, not the process", async () => {
  const database = await createDatabase();
  const wire = await startWire(database.url);
  const ledger = await openPostgresLedger(wire.url);
  const failed = expect(sql`select pg_sleep(60)`.execute(ledger.db)).rejects.toThrow();
  await wire.cut();
  await failed;
  // An idle connection broke with it: the pool may not know that yet.
  await vi.waitFor(() => ledger.ping(), { timeout: 10_000 });
  await ledger.close();
  wire.close();
  await database.drop();
});

test("While Postgres is away, every query is SERVICE_UNREACHABLE; a wrong statement isn't", async () => {
  const postgres = await startPostgres();
  const ledger = await openPostgresLedger(postgres.url);
  const away = { code: "SERVICE_UNREACHABLE", message: expect.stringContaining("ledger") };
  const asleep = sql`select pg_sleep(60)`.execute(ledger.db);
  const inTransaction = ledger.db
    .transaction()
    .execute((tx) => sql`select pg_sleep(60)`.execute(tx));
  const interrupted = Promise.all(
    [asleep, inTransaction].map((query) => expect(query).rejects.toMatchObject(away)),
  );
  await expect
    .poll(async () => {
      const busy = sql<{
        n: number;
      }>`select count(*) as n from pg_stat_activity where query like '%pg_sleep%'`;
      return (await busy.execute(ledger.db)).rows[0]?.n;
    })
    .toBe(3);
  await postgres.kill();
  await interrupted;
  await expect(readImport(ledger, crypto.randomUUID())).rejects.toMatchObject(away);
  await postgres.up();
  await expect(readImport(ledger, crypto.randomUUID())).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
  await expect(sql`select nothing`.execute(ledger.db)).rejects.toMatchObject({ code: "42703" });
  await ledger.close();
  await postgres.stop();
});

/** Starts a proxy between a client and Postgres that can be cut. */
async function startWire(databaseUrl: string) {
  const url = new URL(databaseUrl);
  const port = Number(url.port);
  const sockets = new Set<Socket>();
  let asked = () => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const server = createServer((client) => {
    const postgres = connect(port, url.hostname);
    for (const socket of [client, postgres]) sockets.add(socket.on("error", () => {}));
    client.on("data", (data) => data.includes("pg_sleep") && asked());
    client.pipe(postgres).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    /** Cuts all connections once the query is on its way. */
    async cut() {
      await isAsked;
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: () => server.close(),
  };
}
