import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { createDatabase, ledgerKinds } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  actOnce,
  cancelImport,
  createImport,
  findCarriedOut,
  forgetOldAnswers,
  type KeyedRequest,
  keepAnswer,
  type Ledger,
  listAuditEvents,
  openPostgresLedger,
  pauseVendor,
  readBandwidth,
  readPausedVendors,
  setBwlimit,
} from "../../src/index.ts";
import { folderOf } from "../imports.ts";

const asked = { entrust_id: "E-77", suit_ids: [], folders: [folderOf("/evidence/1001")] };
const answer = {
  status: 202,
  headers: { location: "/v1/imports/1" },
  body: '{"name":"证据\\u0000","mark":"\uFEFF"}',
};

const hexOf = (text: string) => createHash("sha256").update(text).digest("hex");

function keyed(key: string, of = "one", within = "everything"): KeyedRequest {
  const [fingerprint, scope] = [of, within].map((text) => Buffer.from(hexOf(text), "hex"));
  if (!fingerprint || !scope) throw new Error("both were made");
  return { id: randomUUID(), principal: "key:court", key, fingerprint, scope };
}

describe.each(Object.entries(ledgerKinds))(
  "A request with a key, in the ledger on %s",
  (_kind, open) => {
    let ledger: Ledger;
    let remove: () => Promise<void>;
    beforeAll(async () => {
      ({ ledger, remove } = await open());
    });
    afterAll(() => remove());

    const imports = async () => {
      const { rows } = await sql<{ id: string }>`select id from imports order by id`.execute(
        ledger.db,
      );
      return rows.map(({ id }) => id);
    };

    test("is recorded together with the import that it creates, and its answer is kept", async () => {
      const request = keyed("together");
      expect(await findCarriedOut(ledger, request)).toBeUndefined();
      const { importId } = await actOnce(request, () => createImport(ledger, asked));
      expect(await findCarriedOut(ledger, keyed("together"))).toEqual({
        importId,
        answer: undefined,
      });
      expect(await keepAnswer(ledger, request, answer)).toBeUndefined();
      expect(await findCarriedOut(ledger, keyed("together"))).toEqual({ importId, answer });
      await expect(findCarriedOut(ledger, keyed("together", "another"))).rejects.toMatchObject({
        code: "IDEMPOTENCY_MISMATCH",
        message: expect.stringContaining('"together"'),
      });
      const others = { ...keyed("together", "another"), principal: "key:other" };
      expect(await findCarriedOut(ledger, others)).toBeUndefined();
    });

    test("leaves nothing when its transaction is broken off behind the import: neither import nor key", async () => {
      const before = await imports();
      const request = keyed("broken");
      // The last statement of the transaction fails, as it does when the process or the server dies.
      await sql`alter table idempotency_keys add constraint broken check (key <> 'broken')`.execute(
        ledger.db,
      );
      await expect(actOnce(request, () => createImport(ledger, asked))).rejects.toThrow(/broken/);
      await sql`alter table idempotency_keys drop constraint broken`.execute(ledger.db);
      expect(await imports()).toEqual(before);
      expect(await findCarriedOut(ledger, request)).toBeUndefined();

      await sql`alter table acts add constraint broken check (why is distinct from 'broken')`.execute(
        ledger.db,
      );
      const by = { who: "王芳", why: "broken" };
      await expect(actOnce(request, () => createImport(ledger, asked, by))).rejects.toThrow(
        /broken/,
      );
      await sql`alter table acts drop constraint broken`.execute(ledger.db);
      expect(await imports()).toEqual(before);
      expect(await findCarriedOut(ledger, request)).toBeUndefined();
      await actOnce(request, () => createImport(ledger, asked));
      expect(await imports()).toHaveLength(before.length + 1);
    });

    test("is carried out once, however many of it are under way in however many processes", async () => {
      const before = await imports();
      const results = await Promise.allSettled(
        Array.from({ length: 8 }, () =>
          actOnce(keyed("at once"), () => createImport(ledger, asked)),
        ),
      );
      const done = results.filter(({ status }) => status === "fulfilled");
      const refused = results.filter((result) => result.status === "rejected");
      expect([done.length, refused.length]).toEqual([1, 7]);
      for (const { reason } of refused) {
        expect(reason).toMatchObject({ code: "IDEMPOTENCY_IN_FLIGHT", retryAfter: 1_000 });
      }
      expect(await imports()).toHaveLength(before.length + 1);
    });

    test("keeps the answer of the one that came first", async () => {
      const [first, second] = [keyed("first"), keyed("first")];
      const refusal = { status: 409, headers: {}, body: "{}" };
      expect(await keepAnswer(ledger, first, refusal)).toBeUndefined();
      expect(await keepAnswer(ledger, second, answer)).toEqual({ importId: null, answer: refusal });
      const { importId } = await actOnce(keyed("other"), () => createImport(ledger, asked));
      expect(await keepAnswer(ledger, keyed("other"), answer)).toEqual({
        importId,
        answer: undefined,
      });
    });

    test("is told of to a sender with another scope, and how it was answered isn't", async () => {
      const request = keyed("narrowed");
      const { importId } = await actOnce(request, () => createImport(ledger, asked));
      await keepAnswer(ledger, request, answer);
      expect(await findCarriedOut(ledger, keyed("narrowed", "one", "less"))).toEqual({
        importId,
        answer: undefined,
      });
      expect(await findCarriedOut(ledger, keyed("narrowed"))).toEqual({ importId, answer });

      // A refusal, which may name what isn't theirs, is found out anew.
      const refusal = { status: 409, headers: {}, body: '{"detail":"E-78 is sealed."}' };
      await keepAnswer(ledger, keyed("refused"), refusal);
      const narrow = keyed("refused", "one", "less");
      expect(await findCarriedOut(ledger, narrow)).toBeUndefined();
      await actOnce(narrow, () => cancelImport(ledger, importId, { who: "王芳" }));
      expect(await findCarriedOut(ledger, narrow)).toEqual({ importId, answer: undefined });
    });

    test("that an earlier release kept the answer of is answered with what has become of it", async () => {
      const request = keyed("earlier");
      await actOnce(request, () => pauseVendor(ledger, "deepvision", { who: "王芳" }));
      await keepAnswer(ledger, request, answer);
      await sql`update idempotency_keys set scope = null where key = 'earlier'`.execute(ledger.db);
      expect(await findCarriedOut(ledger, keyed("earlier"))).toEqual({
        importId: null,
        answer: undefined,
      });
    });

    test("may be any act: on an import, a vendor, or the bandwidth", async () => {
      const { importId } = await createImport(ledger, asked);
      const by = { who: "王芳" };
      await actOnce(keyed("cancel"), () => cancelImport(ledger, importId, by));
      await actOnce(keyed("vendor"), () => pauseVendor(ledger, "rex", by));
      await actOnce(keyed("limit"), () => setBwlimit(ledger, "10M", by));
      expect(await findCarriedOut(ledger, keyed("cancel"))).toMatchObject({ importId });
      for (const key of ["vendor", "limit"]) {
        expect(await findCarriedOut(ledger, keyed(key))).toMatchObject({ importId: null });
      }
      // A second request of another process gets as far as its act, which is then undone.
      await expect(
        actOnce(keyed("vendor"), () => pauseVendor(ledger, "wombat", by)),
      ).rejects.toMatchObject({ code: "IDEMPOTENCY_IN_FLIGHT" });
      await expect(
        actOnce(keyed("limit"), () => setBwlimit(ledger, "20M", by)),
      ).rejects.toMatchObject({ code: "IDEMPOTENCY_IN_FLIGHT" });
      expect([...(await readPausedVendors(ledger)).keys()].sort()).toEqual(["deepvision", "rex"]);
      expect((await readBandwidth(ledger)).changes.map(({ limit }) => limit)).toEqual(["10M"]);
      const { items } = await listAuditEvents(ledger, importId, { limit: 10 });
      expect(items.map(({ what }) => what)).toEqual(["create", "cancel"]);
    });

    test("is over when it is answered: what it has set going isn't recorded under its key", async () => {
      const request = keyed("over");
      const { importId } = await createImport(ledger, asked);
      const answered = Promise.withResolvers<void>();
      let later: Promise<void> = Promise.resolve();
      await actOnce(request, async () => {
        later = answered.promise.then(() => cancelImport(ledger, importId));
      });
      answered.resolve();
      await later;
      expect(await findCarriedOut(ledger, request)).toBeUndefined();
    });

    test("is forgotten after a day, and not before", async () => {
      await keepAnswer(ledger, keyed("old"), answer);
      const age = (time: string) =>
        sql`update idempotency_keys set created_at = now() - ${time}::interval where key = 'old'`.execute(
          ledger.db,
        );
      await age("23 hours 59 minutes");
      await forgetOldAnswers(ledger);
      expect(await findCarriedOut(ledger, keyed("old"))).toBeDefined();
      await age("24 hours 1 minute");
      await forgetOldAnswers(ledger);
      expect(await findCarriedOut(ledger, keyed("old"))).toBeUndefined();
      expect(await findCarriedOut(ledger, keyed("first"))).toBeDefined();
    });
  },
);

describe("A process that is killed while it carries out a request with a key", () => {
  const index = new URL("../../src/index.ts", import.meta.url);
  /** Creates an import for the key `killed`, says so, and stays. */
  const program = (url: string) => `
    const { actOnce, createImport, openPostgresLedger } = await import(${JSON.stringify(index.href)});
    const ledger = await openPostgresLedger(${JSON.stringify(url)});
    const request = ${JSON.stringify({ ...keyed("killed"), fingerprint: undefined, scope: undefined })};
    request.fingerprint = Buffer.from(${JSON.stringify(hexOf("killed"))}, "hex");
    request.scope = Buffer.from(${JSON.stringify(hexOf("everything"))}, "hex");
    await actOnce(request, () => createImport(ledger, ${JSON.stringify(asked)}));
    process.stdout.write("created");
    setInterval(() => {}, 1000);`;

  async function started() {
    const database = await createDatabase("ledger");
    const ledger = await openPostgresLedger(database.url);
    const begin = () =>
      spawn(process.execPath, ["--input-type=module", "-e", program(database.url)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
    const count = async () => {
      const { rows } = await sql<{ count: number }>`select count(*) from imports`.execute(
        ledger.db,
      );
      return Number(rows[0]?.count);
    };
    return { ledger, begin, count, end: () => ledger.close().then(database.drop) };
  }

  test("leaves neither import nor key if it hadn't committed", async () => {
    const { ledger, begin, count, end } = await started();
    await sql`
      create function wait() returns trigger language plpgsql as
      'begin perform pg_advisory_xact_lock(4242); return new; end'`.execute(ledger.db);
    await sql`
      create trigger wait after insert on idempotency_keys for each row execute function wait()`.execute(
      ledger.db,
    );
    await ledger.db.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(4242)`.execute(connection);
      const child = begin();
      for (let isWaiting = false; !isWaiting; await pause(20)) {
        const { rows } = await sql`
          select from pg_locks where locktype = 'advisory' and objid = 4242 and not granted`.execute(
          connection,
        );
        isWaiting = rows.length > 0;
      }
      child.kill("SIGKILL");
      await once(child, "exit");
      await sql`select pg_advisory_unlock(4242)`.execute(connection);
    });
    await sql`drop trigger wait on idempotency_keys`.execute(ledger.db);
    expect(await findCarriedOut(ledger, keyed("killed", "killed"))).toBeUndefined();
    expect(await count()).toBe(0);
    await actOnce(keyed("killed", "killed"), () => createImport(ledger, asked));
    expect(await count()).toBe(1);
    await end();
  });

  test("leaves both if it had, so that a repetition finds the import", async () => {
    const { ledger, begin, count, end } = await started();
    const child = begin();
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    const found = await findCarriedOut(ledger, keyed("killed", "killed"));
    expect(found).toEqual({ importId: expect.any(String), answer: undefined });
    await expect(
      actOnce(keyed("killed", "killed"), () => createImport(ledger, asked)),
    ).rejects.toMatchObject({ code: "IDEMPOTENCY_IN_FLIGHT" });
    expect(await count()).toBe(1);
    await end();
  });
});
