import type { VerificationRequest } from "@exhibit/contracts";
import { ledgerKinds, liftGuard } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  beginDue,
  cancelVerification,
  failVerification,
  type Ledger,
  readVerification,
  type Schedule,
  type Sealer,
  sealImport,
  startVerification,
} from "../../../src/index.ts";
import { complete } from "../../imports.ts";

const sealer: Sealer = { madeBy: "exhibit test" };
const monthly = (request: VerificationRequest): Schedule => ({
  every: { count: 30, unit: "days" },
  request,
});
const byList = monthly({ against: "oss", by: "list" });

describe.each(Object.entries(ledgerKinds))("Scheduled verifications on %s", (_, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
    await liftGuard(ledger, "register");
  });
  afterAll(() => remove());

  async function sealed(): Promise<string> {
    const { importId } = await complete(ledger, 1);
    await sealImport(ledger, importId, sealer);
    return importId;
  }

  /** Makes a seal so old for all schedules. */
  const age = (importId: string, days: number) =>
    sql`update scheduled_seals set since = now() - ${days} * interval '1 day' where import_id = ${importId}`.execute(
      ledger.db,
    );
  const importOf = async (number: number) => (await readVerification(ledger, number)).import_id;
  const importsOf = (numbers: readonly number[]) => Promise.all(numbers.map(importOf));
  const end = (numbers: readonly number[]) =>
    Promise.all(
      numbers.map((number) =>
        failVerification(ledger, number, { code: "STORE_DENIED", message: "It is over." }),
      ),
    );

  test("begin once a period after the sealing, and again a period after that", async () => {
    const importId = await sealed();
    expect(await beginDue(ledger, byList)).toEqual([]);
    await age(importId, 29);
    expect(await beginDue(ledger, byList)).toEqual([]);
    await age(importId, 31);
    const [number = 0, ...more] = await beginDue(ledger, byList);
    expect(more).toEqual([]);
    expect(await readVerification(ledger, number)).toMatchObject({
      import_id: importId,
      state: "running",
      against: "oss",
      by: "list",
      requested_by: "exhibit",
      why: "Scheduled: every 30 days",
    });
    expect(await beginDue(ledger, byList)).toEqual([]);
    await end([number]);
    expect(await beginDue(ledger, byList)).toEqual([]);
    await sql`update verifications set created_at = now() - interval '31 days' where number = ${number}`.execute(
      ledger.db,
    );
    await age(importId, 31);
    const again = await beginDue(ledger, byList);
    expect(await importsOf(again)).toEqual([importId]);
    await end(again);
  });

  test("of another kind have times of their own", async () => {
    const importId = await sealed();
    const sampled = monthly({ against: "oss", by: "download", sample: 3000 });
    await beginDue(ledger, byList);
    await beginDue(ledger, sampled);
    await age(importId, 31);
    const both = [...(await beginDue(ledger, byList)), ...(await beginDue(ledger, sampled))];
    expect(await importsOf(both)).toEqual([importId, importId]);
    await end(both);
  });

  test("of seals that were there before the schedule are spread over one period", async () => {
    const imports = await Promise.all(Array.from({ length: 12 }, sealed));
    await sql`update register set at = now() - interval '1 year' where import_id = any(${imports})`.execute(
      ledger.db,
    );
    const request: VerificationRequest = { against: "source" };
    expect(await beginDue(ledger, monthly(request))).toEqual([]);
    const { rows } = await sql<{ days: number }>`
      select extract(epoch from now() - since) / 86400 as days from scheduled_seals
      where schedule = 'source' and import_id = any(${imports})`.execute(ledger.db);
    expect(rows).toHaveLength(12);
    const ages = rows.map(({ days }) => Number(days));
    expect(Math.max(...ages)).toBeLessThan(30);
    // Not all on the first day.
    expect(Math.max(...ages)).toBeGreaterThan(1);
  });

  test("begin the longest overdue first, and eight at once at most", async () => {
    const schedule = monthly({ against: "receipts" });
    await beginDue(ledger, schedule);
    await sql`delete from scheduled_seals where schedule = 'receipts'`.execute(ledger.db);
    const imports: string[] = [];
    for (let count = 0; count < 10; count += 1) imports.push(await sealed());
    await beginDue(ledger, schedule);
    for (const [place, importId] of imports.entries()) await age(importId, 40 + place);
    const first = await beginDue(ledger, schedule);
    expect((await importsOf(first)).sort()).toEqual(imports.slice(2).sort());
    expect(await beginDue(ledger, schedule)).toEqual([]);
    await cancelVerification(ledger, first[0] ?? 0, { who: "韩梅梅" });
    const next = await beginDue(ledger, schedule);
    expect(await importsOf(next)).toEqual([imports[1]]);
    await end([...first, ...next]);
    await end(await beginDue(ledger, schedule));
  });

  test("begin each once, whoever asks at once", async () => {
    const importId = await sealed();
    await beginDue(ledger, byList);
    await age(importId, 31);
    const begun = await Promise.all([beginDue(ledger, byList), beginDue(ledger, byList)]);
    expect(await importsOf(begun.flat())).toEqual([importId]);
    await end(begun.flat());
  });

  test("wait while somebody verifies it in the same way, and aren't lost", async () => {
    const importId = await sealed();
    await beginDue(ledger, byList);
    const own = await startVerification(ledger, importId, byList.request, { who: "韩梅梅" });
    await age(importId, 31);
    expect(await beginDue(ledger, byList)).toEqual([]);
    await end([own]);
    await age(importId, 31);
    const begun = await beginDue(ledger, byList);
    expect(await importsOf(begun)).toEqual([importId]);
    await end(begun);
  });

  test("forget a seal whose import is gone, and go on", async () => {
    const importId = await sealed();
    await beginDue(ledger, byList);
    await sql`insert into scheduled_seals values ('oss, list', '0193b1c2-6f00-7000-8000-000000000001', now() - interval '1 year')`.execute(
      ledger.db,
    );
    await age(importId, 31);
    const begun = await beginDue(ledger, byList);
    expect(await importsOf(begun)).toEqual([importId]);
    const { rows } = await sql`
      select from scheduled_seals where import_id = '0193b1c2-6f00-7000-8000-000000000001'`.execute(
      ledger.db,
    );
    expect(rows).toEqual([]);
  });
});
