import { join } from "node:path";
import type { VerificationView } from "@exhibit/contracts";
import { sql } from "kysely";
import { expect, test, vi } from "vitest";
import { anyEngine, importOfSuits, startSystem, writeTree } from "../../support/system.ts";

const [kind = "embedded"] = anyEngine;

test("A seal is verified when it is due, by the workers alone", async () => {
  await using system = await startSystem(kind, {
    custody: { verify: [{ every: "30d", by: "head" }] },
    worker: { quietMs: 200 },
  });
  await writeTree(join(system.root, "1001"), { "a.txt": "a", "b.txt": "b" });
  const { import_id: importId } = await system.run(importOfSuits(system.root, "1001"));
  const verifications = async () =>
    (await system.get<{ items: VerificationView[] }>(`/v1/imports/${importId}/verifications`))
      .items;
  await vi.waitFor(async () => {
    const { numAffectedRows } = await sql`
      update scheduled_seals set since = now() - interval '31 days' where import_id = ${importId}`.execute(
      system.ledger.db,
    );
    expect(numAffectedRows).toBe(1n);
  }, 20_000);
  await vi.waitFor(
    async () =>
      expect(await verifications()).toMatchObject([
        {
          ...{ state: "ended", outcome: "same", against: "oss", by: "head", same: 2 },
          ...{ requested_by: "exhibit", why: "Scheduled: every 30 days" },
        },
      ]),
    20_000,
  );
});
