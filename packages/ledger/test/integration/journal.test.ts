import { randomUUID } from "node:crypto";
import { digestOf, newSealKey, pemSigner, readEntry, type Signer } from "@exhibit/custody";
import { ledgerKinds, liftGuard, testSealer } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  cancelImport,
  checkRegister,
  findStamped,
  journalOf,
  journalStamps,
  keepJournal,
  type Ledger,
  readEntryOf,
  readSealOf,
  recordStamp,
  recordStampRefusal,
  retryStamp,
  type Sealer,
  sealImport,
} from "../../src/index.ts";
import { complete, planned } from "../imports.ts";

const signer = pemSigner(newSealKey()) as Signer;
const token = Buffer.from("a token");

describe.each(Object.entries(ledgerKinds))("The register's journal on %s", (kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    ({ ledger, remove } = await open());
  });
  afterEach(() => remove());

  const each: Sealer = { ...testSealer, signer, authorities: ["tsa"] };
  const hourly: Sealer = { ...each, stampsHourly: true };

  /** Seals an import, and returns the number of its seal. */
  async function sealed(sealer = each): Promise<number> {
    const { importId } = await complete(ledger, 1);
    await sealImport(ledger, importId, sealer);
    return (await readSealOf(ledger, importId)).number;
  }

  /** Makes everything that is in the register older. */
  async function wait(hours: number): Promise<void> {
    await liftGuard(ledger, "register");
    await sql`update register set at = at - ${hours} * interval '1 hour'`.execute(ledger.db);
    await sql`alter table register enable trigger register_stay`.execute(ledger.db);
  }

  const fieldsOf = async (number: number) =>
    new Map(readEntry((await readEntryOf(ledger, number)).text).fields);
  const findings = async () =>
    (await checkRegister(ledger)).findings.filter(({ what }) => !/time|stamp by/.test(what));

  test("comes a day after the last one, if anything has happened since, and a year after if not", async () => {
    expect(await keepJournal(ledger, each)).toBeUndefined();
    const seal = await sealed();
    expect(await keepJournal(ledger, each)).toBeUndefined();
    await wait(25);
    const journal = await keepJournal(ledger, each);
    expect(journal).toBe(seal + 1);
    expect((await readEntryOf(ledger, seal + 1)).stamps).toMatchObject([
      { authority: "tsa", state: "pending" },
    ]);
    await wait(25);
    expect(await keepJournal(ledger, each)).toBeUndefined();
    await planned(ledger, 1);
    expect(await keepJournal(ledger, each)).toBe(seal + 2);
    await wait(364 * 24);
    expect(await keepJournal(ledger, each)).toBeUndefined();
    await wait(48);
    expect(await keepJournal(ledger, each)).toBe(seal + 3);
    expect((await fieldsOf(seal + 3)).get("Acts")).toBe(`0 ${digestOf("")}`);
    expect(await findings()).toEqual([]);
  });

  test("comes after an hour where entries are stamped by the hour, and is all that is stamped", async () => {
    const seal = await sealed(hourly);
    expect((await readEntryOf(ledger, seal)).stamps).toEqual([]);
    expect(await findStamped(ledger, seal)).toBe(seal);
    expect(await journalOf(ledger, seal)).toBeUndefined();
    await wait(2);
    const journal = (await keepJournal(ledger, hourly)) ?? 0;
    expect(await findStamped(ledger, seal)).toBe(journal);
    expect(await journalOf(ledger, seal)).toMatchObject({
      number: journal,
      publicPem: signer.publicPem,
    });
    await recordStamp(ledger, { entry: journal, authority: "tsa" }, { token });
    await wait(2);
    // Its own stamp is nothing new.
    expect(await keepJournal(ledger, hourly)).toBeUndefined();
    await sealed(hourly);
    const next = (await keepJournal(ledger, hourly)) ?? 0;
    expect((await fieldsOf(next)).get("Stamps")).toBe(
      `1 ${digestOf(`${journal} tsa ${digestOf(token)}\n`)}`,
    );
    // One that was asked for besides, and is refused, takes nothing away.
    await retryStamp(ledger, { entry: seal, authority: "tsa", authorities: ["tsa"] }, { who: "a" });
    await recordStampRefusal(
      ledger,
      { entry: seal, authority: "tsa" },
      { state: "refused", error: "no" },
    );
    expect(await findStamped(ledger, seal)).toBe(journal);
  });

  test("commits to what people did, to whatever it was, and to stamps, each once", async () => {
    const seal = await sealed();
    const { importId } = await planned(ledger, 1);
    await cancelImport(ledger, importId, { who: "王芳", why: "withdrawn" });
    await recordStamp(ledger, { entry: seal, authority: "tsa" }, { token });
    await wait(25);
    const first = (await keepJournal(ledger, each)) ?? 0;
    const {
      rows: [{ acts } = { acts: 0 }],
    } = await sql<{ acts: number }>`select count(*)::integer as acts from acts`.execute(ledger.db);
    expect((await fieldsOf(first)).get("Acts")).toMatch(new RegExp(`^${acts} [0-9a-f]{64}$`));
    const stamps: string[] = [];
    for await (const line of journalStamps(ledger, first)) stamps.push(line);
    expect(stamps).toEqual([`${seal} tsa ${digestOf(token)}`]);
    expect(await journalOf(ledger, seal)).toMatchObject({ number: first });
    await planned(ledger, 1);
    await wait(25);
    const second = (await keepJournal(ledger, each)) ?? 0;
    expect((await fieldsOf(second)).get("Acts")).toMatch(/^1 /);
    expect((await fieldsOf(second)).get("Stamps")).toMatch(/^0 /);
    expect(await findings()).toEqual([]);
  });

  test("shows an act that was changed or removed, a stamp that was exchanged, and a list that is gone", async () => {
    const seal = await sealed();
    await recordStamp(ledger, { entry: seal, authority: "tsa" }, { token });
    await wait(25);
    const journal = (await keepJournal(ledger, each)) ?? 0;
    await liftGuard(ledger, "acts");
    await liftGuard(ledger, "stamps");
    await liftGuard(ledger, "journals");
    const acts = expect.objectContaining({
      number: journal,
      what: "the acts since the journal before",
    });
    const stamps = expect.objectContaining({
      number: journal,
      what: "the stamps since the journal before",
    });
    await sql`update acts set why = 'another reason' where what = 'create'`.execute(ledger.db);
    expect(await findings()).toEqual([acts]);
    await sql`update stamps set token = ${Buffer.from("another token")} where entry = ${seal}`.execute(
      ledger.db,
    );
    expect(await findings()).toEqual([acts, stamps]);
    await liftGuard(ledger, "journal_stamps");
    await sql`delete from journal_stamps`.execute(ledger.db);
    await sql`delete from journals`.execute(ledger.db);
    expect(await findings()).toEqual([{ number: journal, what: "what it commits to is missing" }]);
  });

  test("waits an hour for a worker that has the register's key, and then isn't signed", async () => {
    const seal = await sealed();
    await wait(24.5);
    const keyless: Sealer = { ...each, signer: undefined };
    expect(await keepJournal(ledger, keyless)).toBeUndefined();
    await wait(1);
    expect(await keepJournal(ledger, keyless)).toBe(seal + 1);
    expect((await fieldsOf(seal + 1)).get("Key")).toBe("none");
    expect(await findings()).toEqual([]);
  });

  test("is written once by two workers at the same time", async () => {
    const seal = await sealed();
    await wait(25);
    const written = await Promise.all([keepJournal(ledger, each), keepJournal(ledger, each)]);
    expect(written.filter((number) => number !== undefined)).toEqual([seal + 1]);
    expect(await findings()).toEqual([]);
  });

  // PGlite has one connection: its transactions end in their order.
  test.skipIf(kind === "PGlite")(
    "leaves out no act of a transaction that ends later than another one",
    async () => {
      await sealed();
      await wait(25);
      const released = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      const slow = ledger.db.transaction().execute(async (tx) => {
        await tx
          .insertInto("acts")
          .values({ subject: `queues/${randomUUID()}`, who: "a", what: "board" })
          .execute();
        begun.resolve();
        await released.promise;
      });
      await begun.promise;
      await planned(ledger, 1);
      // As long as it is open, nobody knows what will be there.
      expect(await keepJournal(ledger, each)).toBeUndefined();
      released.resolve();
      await slow;
      expect(await keepJournal(ledger, each)).toBeDefined();
      expect(await findings()).toEqual([]);
    },
  );
});
