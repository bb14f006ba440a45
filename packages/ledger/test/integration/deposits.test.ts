import { newSealKey, pemSigner, type Signer } from "@exhibit/custody";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  claimDeposit,
  type DepositRules,
  giveBackDeposit,
  type Ledger,
  ledgerWithin,
  listRegister,
  nextDeposit,
  pauseDeposit,
  pauseReceiver,
  readEntryOf,
  readSealOf,
  receiversWithWork,
  recordDeposit,
  recordDepositRefusal,
  recordStamp,
  retryDeposits,
  type Sealer,
  sealImport,
} from "../../src/index.ts";
import { complete } from "../imports.ts";

const MINUTE = 60_000;
const rules: DepositRules = { thirdParties: ["url"], key: ".exhibit/{import_id}/" };
const by = { who: "王芳", why: "they take it now" };

describe.each(Object.entries(ledgerKinds))("Deposits in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  const sealer: Sealer = {
    ...testSealer,
    signer: pemSigner(newSealKey()) as Signer,
    authorities: ["tsa"],
    deposits: rules,
  };
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  /** Seals an import, and returns it with its seal's number. */
  async function sealed(of: Sealer = sealer) {
    const { importId } = await complete(ledger, 1);
    await sql`update folders set endpoint = 'https://oss.example', bucket = 'evidence', prefix = 'suit/'
      where import_id = ${importId}`.execute(ledger.db);
    await sealImport(ledger, importId, of);
    return { importId, number: (await readSealOf(ledger, importId)).number };
  }

  const depositsOf = async (entry: number) => (await readEntryOf(ledger, entry)).deposits;
  const pending = { state: "pending", at: null, error: null };
  const beside = (entry: number) => ({ entry, receiver: "vendor kongur", folder: 1, part: "seal" });

  test("are put down with each entry for third parties, and with a seal beside its evidence", async () => {
    const { importId, number } = await sealed();
    const [key, seal] = [number - 1, number];
    expect(await depositsOf(key)).toEqual([{ to: "url", part: "head", ...pending }]);
    expect(await depositsOf(seal)).toEqual([
      { to: "url", part: "head", ...pending },
      { to: "folder 1", part: "seal", ...pending },
    ]);
    expect((await receiversWithWork(ledger)).toSorted()).toEqual(["url", "vendor kongur"]);
    const claims = await Promise.all(
      [1, 2].map(() => claimDeposit(ledger, "vendor kongur", MINUTE)),
    );
    const { text, digest, head } = await readEntryOf(ledger, seal);
    expect(claims.filter((each) => each !== undefined)).toEqual([
      {
        ...beside(seal),
        ...{ place: `.exhibit/${importId}/`, attempts: 1, importId, folderId: expect.any(Number) },
        ...{ text, digest, head, at: expect.any(Date) },
      },
    ]);
    await giveBackDeposit(ledger, beside(seal));
    expect(await nextDeposit(ledger, "vendor kongur")).toBeLessThanOrEqual(0);
  });

  test("of a stamp are put down when it is given, wherever its seal is kept", async () => {
    const { number } = await sealed();
    const token = Buffer.from("a token");
    await recordStamp(ledger, { entry: number, authority: "tsa" }, { token });
    await recordStamp(ledger, { entry: number, authority: "tsa" }, { token });
    expect(await depositsOf(number)).toEqual([
      { to: "url", part: "head", ...pending },
      { to: "folder 1", part: "seal", ...pending },
      { to: "folder 1", part: "stamp tsa", ...pending },
    ]);
  });

  test("wait one by one, or all of a receiver that can't be had", async () => {
    const { number } = await sealed();
    await pauseDeposit(ledger, beside(number), { pauseMs: MINUTE, error: "throttled" });
    expect(await depositsOf(number)).toContainEqual(
      expect.objectContaining({ part: "seal", state: "pending", error: "throttled" }),
    );
    expect(await nextDeposit(ledger, "vendor kongur")).toBeLessThanOrEqual(0);
    await pauseReceiver(ledger, "vendor kongur", { pauseMs: MINUTE, error: "away" });
    expect(await nextDeposit(ledger, "vendor kongur")).toBeGreaterThan(MINUTE / 2);
    expect(await receiversWithWork(ledger)).toEqual(["url"]);
  });

  test("that were refused wait for a person, and what is there stays", async () => {
    const { number } = await sealed();
    const head = { entry: number, receiver: "url", folder: 0, part: "head" };
    await recordDeposit(ledger, head);
    await recordDepositRefusal(ledger, head, "late");
    await recordDepositRefusal(ledger, beside(number), "STORE_DENIED: no");
    const there = { to: "url", part: "head", state: "deposited", error: null };
    expect(await depositsOf(number)).toEqual([
      { ...there, at: expect.stringMatching(/Z$/) },
      { to: "folder 1", part: "seal", state: "refused", at: null, error: "STORE_DENIED: no" },
    ]);
    const { items } = await listRegister(ledger, { limit: 100, undeposited: true });
    expect(items.map((entry) => entry.number)).toContain(number);
    expect(await retryDeposits(ledger, { entry: number, rules }, by)).toEqual(["vendor kongur"]);
    await recordDeposit(ledger, beside(number), ["suit/.exhibit/seal.txt"]);
    await expect(retryDeposits(ledger, { entry: number, rules }, by)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
    });
    const left = await listRegister(ledger, { limit: 100, undeposited: true });
    expect(left.items.map((entry) => entry.number)).not.toContain(number);
  });

  test("can be had of entries from before they were configured, with the stamps that were given", async () => {
    const { number } = await sealed({ ...sealer, deposits: undefined });
    await recordStamp(ledger, { entry: number, authority: "tsa" }, { token: Buffer.from("token") });
    expect(await depositsOf(number)).toEqual([]);
    const receivers = await retryDeposits(ledger, { entry: number, rules }, by);
    expect(receivers.toSorted()).toEqual(["url", "vendor kongur"]);
    expect((await depositsOf(number)).map(({ part }) => part)).toEqual([
      "head",
      "seal",
      "stamp tsa",
    ]);
  });

  test("beside a vendor's evidence aren't put down if it takes nothing else", async () => {
    const { number } = await sealed({ ...sealer, deposits: { ...rules, except: ["kongur"] } });
    expect((await depositsOf(number)).map(({ part }) => part)).toEqual(["head"]);
  });

  test("of a folder that nothing was sent to are nowhere", async () => {
    const { importId } = await complete(ledger, 1);
    await sealImport(ledger, importId, sealer);
    const { number } = await readSealOf(ledger, importId);
    expect((await depositsOf(number)).map(({ part }) => part)).toEqual(["head"]);
  });

  test("of imports outside a scope aren't there", async () => {
    const { number } = await sealed();
    const scope = { entrust_ids: ["E-other"], vendors: "all", roots: "all" } as never;
    const other = ledgerWithin(ledger, scope);
    const shown = await listRegister(other, { limit: 1000 });
    expect(shown.items.find((entry) => entry.number === number)?.deposits).toEqual([]);
    for (const entry of [number, 10_000])
      await expect(retryDeposits(other, { entry, rules }, by)).rejects.toMatchObject({
        code: "NOT_FOUND",
      });
  });
});
