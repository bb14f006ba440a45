import { expect, test } from "vitest";
import { FILES_WITH_LOST_JOBS, importWithLostJobs } from "../../support/lost-jobs.ts";
import { startSystem } from "../../support/system.ts";

test("When Redis is emptied in the middle of an import, the import goes on from the ledger and is sealed", async () => {
  await using system = await startSystem("Redis and Postgres", { worker: { quietMs: 500 } });
  expect(await importWithLostJobs(system)).toMatchObject({
    status: "sealed",
    stored: FILES_WITH_LOST_JOBS,
  });
  expect(system.sandbox.objectCount()).toBe(FILES_WITH_LOST_JOBS);
});
