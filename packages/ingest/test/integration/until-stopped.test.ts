import { ExhibitError } from "@exhibit/contracts";
import { cancelImport, createImport, type Ledger, pauseImport } from "@exhibit/ledger";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runUntilStopped } from "../../src/jobs/until-stopped.ts";

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

const failure = new ExhibitError("FILES_FAILED", "1 of 1 files failed");

/** Does work during which a person acts, and which ends with a failure that is on record. */
async function failAfter(act: (importId: string) => Promise<void>): Promise<void> {
  const importId = await newImport();
  const { signal } = new AbortController();
  const attempt = {
    starts: 1,
    last: false,
    postponed: 0,
    isHeld: () => true,
    signal,
    log: async () => {},
  };
  await runUntilStopped(ledger, { importId }, attempt, async () => {
    await act(importId);
    return failure;
  });
}

test("a failure that is on record is told though the import has just been paused: resuming rings for what is open only", async () => {
  await expect(failAfter((id) => pauseImport(ledger, id, { who: "王芳" }))).rejects.toBe(failure);
});

test("no job of a cancelled import fails", async () => {
  await expect(failAfter((id) => cancelImport(ledger, id))).resolves.toBeUndefined();
});
