import { newSealKey, pemSigner, type Signer } from "@exhibit/custody";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  authoritiesWithWork,
  claimStamp,
  giveBackStamp,
  type Ledger,
  ledgerWithin,
  listAllAuditEvents,
  listRegister,
  nextStamp,
  pauseAuthority,
  pendingStamps,
  readEntryOf,
  readSealOf,
  readStamp,
  recordStamp,
  recordStampRefusal,
  retryStamp,
  type Sealer,
  sealImport,
} from "../../src/index.ts";
import { complete } from "../imports.ts";

const MINUTE = 60_000;
const by = { who: "王芳", why: "its root is new" };
const token = Buffer.from("a token");
const checked = { at: new Date("2026-11-30T01:02:03.456Z"), serial: "01f7", ca: "a root\n" };

describe.each(Object.entries(ledgerKinds))("Stamps in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  /** The entries of the first key and of a seal. */
  let [key, seal] = [0, 0];
  let importId: string;
  const sealer: Sealer = {
    ...testSealer,
    signer: pemSigner(newSealKey()) as Signer,
    authorities: ["one", "two"],
  };
  beforeAll(async () => {
    ({ ledger, remove } = await open());
    ({ importId } = await complete(ledger, 1));
    await sealImport(ledger, importId, sealer);
    seal = (await readSealOf(ledger, importId)).number;
    key = seal - 1;
  });
  afterAll(() => remove());

  const stampsOf = async (entry: number) => (await readEntryOf(ledger, entry)).stamps;

  test("are put down with each entry, for each authority, and are due at once", async () => {
    const pending = { state: "pending", at: null, error: null };
    for (const entry of [key, seal]) {
      expect(await stampsOf(entry)).toEqual([
        { authority: "one", ...pending },
        { authority: "two", ...pending },
      ]);
    }
    expect((await authoritiesWithWork(ledger)).toSorted()).toEqual(["one", "two"]);
    expect(await nextStamp(ledger, "one")).toBeLessThanOrEqual(0);
    expect(await pendingStamps(ledger)).toContainEqual({
      ...{ authority: "two", pending: 2, oldest: expect.any(Number) },
    });
  });

  test("are claimed once, by two workers at the same time, and again when one has died", async () => {
    const claims = await Promise.all([1, 2, 3].map(() => claimStamp(ledger, "one", MINUTE)));
    const { text } = await readEntryOf(ledger, seal);
    const claimed = claims.filter((each) => each !== undefined);
    expect(claimed.map(({ entry }) => entry).toSorted()).toEqual([key, seal]);
    expect(claimed.find(({ entry }) => entry === seal)).toEqual({
      ...{ entry: seal, authority: "one", attempts: 1, text },
    });
    expect(await claimStamp(ledger, "one", MINUTE)).toBeUndefined();
    await sql`update stamps set next_at = now() where authority = 'one'`.execute(ledger.db);
    expect(await claimStamp(ledger, "one", MINUTE)).toMatchObject({ attempts: 2 });
    await giveBackStamp(ledger, { entry: key, authority: "one" });
    expect(await nextStamp(ledger, "one")).toBeLessThanOrEqual(0);
  });

  test("of an authority that is away wait, whichever entry they are for", async () => {
    await pauseAuthority(ledger, "one", { pauseMs: MINUTE, error: "away" });
    expect(await authoritiesWithWork(ledger)).toEqual(["two"]);
    const next = await nextStamp(ledger, "one");
    expect(next).toBeGreaterThan(MINUTE / 2);
    expect((await stampsOf(key))[0]).toMatchObject({ state: "pending", error: "away" });
  });

  test("are kept as they came, whoever comes second, and are never changed", async () => {
    const of = { entry: seal, authority: "one" };
    await recordStamp(ledger, of, { token, checked });
    await recordStamp(ledger, of, { token: Buffer.from("another") });
    await recordStampRefusal(ledger, of, { state: "invalid", error: "late" });
    expect((await stampsOf(seal))[0]).toEqual({
      ...{ authority: "one", state: "granted", at: "2026-11-30T01:02:03.456Z", error: null },
    });
    const kept = await readStamp(ledger, of);
    expect([Buffer.from(kept?.token ?? []), kept?.ca]).toEqual([token, "a root\n"]);
    const refused = /never changed and never removed/;
    const change = sql`update stamps set stamped_at = now() where entry = ${seal} and authority = 'one'`;
    await expect(change.execute(ledger.db)).rejects.toThrow(refused);
    const remove = sql`delete from stamps where entry = ${seal} and authority = 'one'`;
    await expect(remove.execute(ledger.db)).rejects.toThrow(refused);
    await recordStamp(ledger, { entry: key, authority: "one" }, { token });
    expect((await stampsOf(key))[0]).toMatchObject({ state: "unchecked", at: null });
  });

  test("that were refused wait for a person, and are asked for again on the record", async () => {
    const of = { entry: seal, authority: "two" };
    await recordStampRefusal(ledger, of, { state: "refused", error: "no" });
    await pauseAuthority(ledger, "two", { pauseMs: MINUTE, error: "away" });
    expect(await nextStamp(ledger, "two")).toBeGreaterThan(MINUTE / 2);
    const { items } = await listRegister(ledger, { limit: 10, unstamped: true });
    expect(items.map(({ number }) => number)).toEqual([key, seal]);

    await retryStamp(ledger, { ...of, authorities: ["two"] }, by);
    expect(await authoritiesWithWork(ledger)).toEqual(["two"]);
    expect(await claimStamp(ledger, "two", MINUTE)).toMatchObject({ entry: seal, attempts: 1 });
    const acts = await listAllAuditEvents(ledger, { limit: 10, order: "desc" });
    expect(acts.items[0]).toMatchObject({
      ...{ what: "stamp", who: "王芳", why: by.why, subject: `register/${seal}` },
      details: { authority: "two" },
    });
    await recordStamp(ledger, of, { token, checked });
    await expect(retryStamp(ledger, { ...of, authorities: ["two"] }, by)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
    });
  });

  test("can be had of an authority that was configured later, and of no other", async () => {
    const later = { entry: seal, authority: "three", authorities: ["three"] };
    await expect(retryStamp(ledger, { ...later, authorities: ["two"] }, by)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await retryStamp(ledger, later, by);
    expect((await stampsOf(seal)).map(({ authority }) => authority)).toEqual([
      "one",
      "three",
      "two",
    ]);
  });

  test("of imports outside a scope aren't there, and those of keys are for nobody with a limit", async () => {
    const other = ledgerWithin(ledger, {
      entrust_ids: ["E-other"],
      vendors: "all",
      roots: "all",
    } as never);
    const missing = { code: "NOT_FOUND" };
    await expect(readEntryOf(other, seal)).rejects.toMatchObject(missing);
    await expect(readEntryOf(ledger, 10_000)).rejects.toMatchObject(missing);
    const at = (entry: number) =>
      retryStamp(other, { entry, authority: "two", authorities: ["two"] }, by);
    await expect(at(seal)).rejects.toMatchObject(missing);
    await expect(at(key)).rejects.toMatchObject(missing);
    expect(await readEntryOf(other, key)).toMatchObject({ kind: "key" });
  });
});
