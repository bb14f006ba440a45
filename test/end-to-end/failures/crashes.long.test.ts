import { randomInt } from "node:crypto";
import type { ServerResponse } from "node:http";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type {
  DeliveryView,
  FileView,
  ImportView,
  NewWebhook,
  RegisterEntry,
  VerificationView,
} from "@exhibit/contracts";
import { openPostgresLedger } from "@exhibit/ledger";
import type { Sandbox } from "@exhibit/sandbox";
import { startReceiver, stopProcess } from "@exhibit/testkit";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type OwnProcesses, prepareProcesses } from "../../support/own-processes.ts";
import { createClient, importOfSuits, writeTree } from "../../support/system.ts";

let own: OwnProcesses;
let sandbox: Sandbox;
let folder: string;

beforeEach(async () => {
  own = await prepareProcesses("crashes");
  ({ sandbox, folder } = own);
});
afterEach(() => own[Symbol.asyncDispose]());

const startWorker = () => own.start("worker", /worker takes jobs/);
const client = () => createClient(own.apiUrl, own.key);

const suits = (...ids: string[]) => importOfSuits(folder, ...ids);

describe("Workers as processes of their own", () => {
  beforeEach(async () => {
    await own.useServers();
    await own.start("api", /API listens/);
  });

  test("when one is killed, another takes up its shards within 15 seconds", async () => {
    for (const suit of ["1001", "1002"])
      await writeTree(join(folder, suit), { "a.pdf": suit, "b.pdf": `${suit} b` });
    const killed = await startWorker();
    const held = sandbox.oss.hold({ method: "PUT" });
    const { body } = await client().post<ImportView>("/v1/imports", suits("1001", "1002"));
    await held.reached(4);
    await startWorker();
    await stopProcess(killed, "SIGKILL");
    const since = Date.now();
    held.release();
    expect(await client().rest(body.import_id)).toMatchObject({ status: "sealed", files: 4 });
    expect(Date.now() - since).toBeLessThan(15_000);
    expect(sandbox.objectCount()).toBe(4);
  });

  test("when one is killed in the middle of sealing, another seals all of it, once", async () => {
    const names = Array.from({ length: 1_100 }, (_, index) => `${index}.pdf`);
    await writeTree(join(folder, "1001"), Object.fromEntries(names.map((name) => [name, name])));
    const ledger = await openPostgresLedger(own.env.EXHIBIT_DATABASE_URL ?? "");
    const { db } = ledger;
    // The blocks of the first page are written, and those of the second never are.
    await sql`create function hang() returns trigger language plpgsql as $$ begin
      if new.number >= 4 then perform pg_sleep(600); end if; return new; end $$`.execute(db);
    await sql`create trigger hang before insert on seal_blocks for each row execute function hang()`.execute(
      db,
    );
    const hanging = async () => {
      const { rows } = await sql<{ pid: number }>`
        select pid from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`.execute(
        db,
      );
      return rows.map(({ pid }) => pid);
    };
    const blocks = async () =>
      (await db.selectFrom("seal_blocks").select("number").execute()).length;

    const killed = await startWorker();
    const { body } = await client().post<ImportView>("/v1/imports", suits("1001"));
    await vi.waitFor(async () => expect(await hanging()).toHaveLength(1), { timeout: 60_000 });
    expect(await blocks()).toBe(4);
    await stopProcess(killed, "SIGKILL");
    for (const pid of await hanging()) await sql`select pg_terminate_backend(${pid})`.execute(db);
    await sql`drop trigger hang on seal_blocks`.execute(db);

    await startWorker();
    expect(await client().rest(body.import_id)).toMatchObject({ status: "sealed", files: 1_100 });
    expect(await blocks()).toBe(Math.ceil(1_100 / 256));
    const { items } = await client().get<{ items: RegisterEntry[] }>("/v1/register");
    expect(items.filter(({ kind }) => kind === "seal")).toHaveLength(1);
    const verify = `/v1/imports/${body.import_id}/verifications`;
    const { number } = (await client().post<VerificationView>(verify, {})).body;
    const verified = () => client().get<VerificationView>(`/v1/verifications/${number}`);
    await expect.poll(verified, { timeout: 30_000 }).toMatchObject({
      ...{ state: "ended", outcome: "same", checked: 1_100, same: 1_100 },
    });
    await ledger.close();
  });

  test("a shard that kills its worker three times is set aside with the reason; the rest goes on, and a retry takes it up", async () => {
    await writeTree(join(folder, "1001"), { "poison.pdf": "p" });
    await writeTree(join(folder, "1002"), { "good.pdf": "g" });
    let worker = await startWorker();
    // None is let go before the end: OSS would store what came from a worker that is dead by then.
    const held = sandbox.oss.hold({ method: "PUT", keyIncludes: "poison" });
    const { body } = await client().post<ImportView>("/v1/imports", suits("1001", "1002"));
    for (let crash = 1; crash <= 3; crash += 1) {
      await held.reached(crash);
      await stopProcess(worker, "SIGKILL");
      worker = await startWorker();
    }
    const view = await client().rest(body.import_id);
    expect(view).toMatchObject({
      status: "attention",
      failed: 1,
      errors: [{ code: "WORKER_CRASHED", files: 1 }],
    });
    expect(view.errors[0]?.message).toContain("3 times in a row");
    // It may have been sent just before a crash, and found there afterwards.
    expect(view.stored + view.identical).toBe(1);

    held.release();
    await client().post(`/v1/imports/${body.import_id}/retry`);
    expect(await client().rest(body.import_id)).toMatchObject({ status: "sealed", files: 2 });
    const acts = await client().get<{ items: { what: string; who: string }[] }>(
      `/v1/imports/${body.import_id}/audit`,
    );
    expect(acts.items.map(({ what, who }) => `${what} by ${who}`)).toEqual([
      `create by key:local-${hostname()}`,
      `retry by key:local-${hostname()}`,
      "seal by exhibit",
    ]);
  });

  test("a second signal ends a worker at once, with the signal's exit code", async () => {
    await writeTree(join(folder, "1001"), { "a.pdf": "a" });
    const worker = await startWorker();
    const held = sandbox.oss.hold({ method: "PUT" });
    await client().post<ImportView>("/v1/imports", suits("1001"));
    await held.reached(1);
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    worker.kill("SIGTERM");
    // Signals within half a second count as one: a key press reaches a process several times.
    await sleep(700);
    expect(worker.exitCode).toBeNull();
    worker.kill("SIGTERM");
    expect(await ended).toBe(143);
    held.release();
  });

  test("work that takes longer than the grace time is handed back, and taken up by another at once", async () => {
    await writeTree(join(folder, "1001"), { "a.pdf": "a" });
    own.env.EXHIBIT_GRACE = "1";
    const worker = await startWorker();
    const held = sandbox.oss.hold({ method: "PUT" });
    const { body } = await client().post<ImportView>("/v1/imports", suits("1001"));
    await held.reached(1);
    await startWorker();
    const since = Date.now();
    await stopProcess(worker);
    held.release();
    expect(await client().rest(body.import_id)).toMatchObject({ status: "sealed", files: 1 });
    expect(Date.now() - since).toBeLessThan(8_000);
  });
});

test.each(["Redis and Postgres", "embedded"])(
  "An event whose receiver has it when the process that sends it is killed comes again, under the same id (%s)",
  async (kind) => {
    own.env.EXHIBIT_LEASE_KEY = Buffer.alloc(32, 7).toString("base64");
    const isFleet = kind !== "embedded";
    const start = () => (isFleet ? startWorker() : own.start("up", /Bull Board/));
    if (isFleet) {
      await own.useServers();
      await own.start("api", /API listens/);
    }
    let sender = await start();
    const made = Promise.withResolvers<void>();
    // It has the event, and says so to nobody: its answer comes when the sender is dead.
    const answer = async (response: ServerResponse, count: number) => {
      if (count === 1) {
        await made.promise;
        await stopProcess(sender, "SIGKILL");
      }
      response.writeHead(204).end();
    };
    await using receiver = await startReceiver(
      (response, _, count) => void answer(response, count),
    );
    const hook = await client().post<NewWebhook>("/v1/webhooks", {
      ...{ url: receiver.url, events: ["import.created"] },
    });
    await writeTree(join(folder, "1001"), { "a.pdf": "a" });
    const told = await client().post<ImportView>("/v1/imports", suits("1001"));
    made.resolve();
    await receiver.reached(1);
    await stopProcess(sender, "SIGKILL");
    sender = await start();
    const path = `/v1/webhooks/${hook.body.webhook_id}/deliveries`;
    const deliveries = async () => (await client().get<{ items: DeliveryView[] }>(path)).items;
    // Whoever was killed had 30 seconds for it.
    await receiver.reached(2);
    await expect
      .poll(deliveries, { timeout: 20_000 })
      .toMatchObject([{ state: "delivered", tries: 2, status: 204 }]);
    const [first, second] = receiver.received;
    expect(first?.body).toContain(told.body.import_id);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    expect(await client().rest(told.body.import_id)).toMatchObject({ status: "sealed", files: 1 });
    expect(receiver.received).toHaveLength(2);
  },
);

test("The embedded ledger, killed at any moment while it imports, opens again with all that was acknowledged, and the imports are sealed", async () => {
  // What the API has said, kept outside of the process that is killed.
  const acknowledged = new Map<string, FileView>();
  const imports: string[] = [];
  const isDone = ({ state }: FileView) => state === "stored" || state === "identical";

  async function acknowledge(importId: string): Promise<number> {
    const done = (await client().files(importId)).filter(isDone);
    for (const file of done) acknowledged.set(file.file_id, file);
    return done.length;
  }

  // Slow enough for a round to end in the middle of it.
  sandbox.oss.fail({ times: "always", delayMs: 40 });
  for (const round of [1, 2, 3, 4]) {
    const ids = [`${round}001`, `${round}002`];
    for (const id of ids) await writeTree(join(folder, id), scans(id));
    const up = await own.start("up", /Bull Board/);
    const { body } = await client().post<ImportView>("/v1/imports", suits(...ids));
    imports.push(body.import_id);
    const enough = randomInt(1, FILES);
    while ((await acknowledge(body.import_id)) < enough);
    await stopProcess(up, "SIGKILL");
  }

  sandbox.oss.heal();
  await own.start("up", /Bull Board/);
  const files = new Map<string, FileView>();
  for (const id of imports) {
    let view = await client().rest(id);
    if (view.status === "attention") {
      // Killed three times before anything of it was recorded, a shard can't be told from poison: a person says it isn't.
      expect(view.errors.map(({ code }) => code)).toEqual(["WORKER_CRASHED"]);
      await client().post(`/v1/imports/${id}/retry`);
      view = await client().rest(id);
    }
    expect(view).toMatchObject({ status: "sealed", files: 2 * FILES, failed: 0 });
    for (const file of await client().files(id)) files.set(file.file_id, file);
  }
  for (const [id, file] of acknowledged) expect(files.get(id)).toEqual(file);
});

/** In each folder. */
const FILES = 100;

function scans(suit: string): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: FILES }, (_, index) => [`${index}.pdf`, `${suit}/${index}`]),
  );
}
