import { setTimeout as sleep } from "node:timers/promises";
import { ExhibitError } from "@exhibit/contracts";
import {
  cancelImport,
  createImport,
  type Ledger,
  openShard,
  pauseImport,
  pauseVendor,
  resumeImport,
  resumeVendor,
} from "@exhibit/ledger";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runUntilStopped, type WorkOf } from "../../src/jobs/until-stopped.ts";
import { attemptOf, planShard } from "../rig.ts";

let ledger: Ledger;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, remove } = await ledgerKinds.PGlite());
});
afterAll(() => remove());

async function newImport(): Promise<string> {
  const { importId } = await createImport(ledger, {
    suit_ids: [],
    folders: [{ vendor: "kongur", folder: {}, source: { type: "directory", path: "/evidence" } }],
  });
  return importId;
}

/** Does work during which a person acts, and which ends as `end` does. */
async function runDuring(
  act: (importId: string) => Promise<unknown>,
  end: (signal: AbortSignal) => Promise<ExhibitError | undefined>,
) {
  const importId = await newImport();
  const attempt = attemptOf();
  const of = { importId, vendor: "kongur" };
  await runUntilStopped(ledger, of, attempt, async ({ signal }) => {
    await act(importId);
    return await end(signal);
  });
  return attempt.lines;
}

const failure = new ExhibitError("FILES_FAILED", "1 of 1 files failed");
const by = { who: "王芳" };
const returning = async () => failure;
const throwing = async () => {
  throw failure;
};

test("a failure that is in the ledger is thrown though the import has just been paused, because resuming enqueues only what is open", async () => {
  await expect(runDuring((id) => pauseImport(ledger, id, by), returning)).rejects.toBe(failure);
});

test("no job of a cancelled import fails", async () => {
  await expect(runDuring((id) => cancelImport(ledger, id), returning)).resolves.toEqual([]);
  const lines = await runDuring((id) => cancelImport(ledger, id), throwing);
  expect(lines).toMatchObject([expect.stringMatching(/^Import .* is cancelled\./)]);
});

test("what work throws is dropped if it was paused meanwhile, and thrown otherwise", async () => {
  const lines = await runDuring((id) => pauseImport(ledger, id, by), throwing);
  expect(lines).toMatchObject([expect.stringContaining("or kongur is paused.")]);
  await expect(runDuring(async () => {}, throwing)).rejects.toBe(failure);
});

test("work that was paused and resumed goes back to the queue, as its job was running meanwhile", async () => {
  const work = runDuring(
    (id) => pauseImport(ledger, id, by),
    async (signal) => {
      while (!signal.aborted) await sleep(10);
      const { importId } = importOf(signal.reason);
      await resumeImport(ledger, importId, by);
      throw signal.reason as ExhibitError;
    },
  );
  await expect(work).rejects.toMatchObject({
    code: "INTERRUPTED",
    message: expect.stringContaining("resumed"),
  });
});

test("work isn't begun for an import or a vendor that is paused, nor for a shard that another run has", async () => {
  const begun: string[] = [];
  const begin = (of: WorkOf) =>
    runUntilStopped(ledger, of, attemptOf(), async () => {
      begun.push(of.importId);
      return undefined;
    });
  const paused = await newImport();
  await pauseImport(ledger, paused, by);
  await begin({ importId: paused });
  const { importId, shardId } = await planShard(ledger, ["a"]);
  const first = await openShard(ledger, shardId);
  await openShard(ledger, shardId);
  await begin({ importId, run: { shardId, runNumber: first?.runNumber as number } });
  await pauseVendor(ledger, "kongur", by);
  await begin({ importId, vendor: "kongur" });
  expect(begun).toEqual([]);
  await begin({ importId });
  await resumeVendor(ledger, "kongur", by);
  await begin({ importId, vendor: "kongur", run: { shardId, runNumber: 2 } });
  expect(begun).toEqual([importId, importId]);
});

/** Returns the import that a reason to stop names. */
function importOf(reason: ExhibitError): { importId: string } {
  return { importId: /Import (\S+)/.exec(reason.message)?.[1] as string };
}
