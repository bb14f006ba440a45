import { once } from "node:events";
import { createImport } from "@exhibit/ledger";
import { ledgerKinds } from "@exhibit/ledger/testing";
import type { Engine } from "@exhibit/queue";
import type { Logger } from "@exhibit/telemetry";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startReconcileLoop } from "../../src/reconcile-loop.ts";

let kept: Awaited<ReturnType<typeof ledgerKinds.PGlite>>;
beforeAll(async () => {
  kept = await ledgerKinds.PGlite();
});
afterAll(() => kept.remove());

/** An engine that notes what is asked of it, and tells of each look at its schedule. */
function fakeEngine() {
  const looks = new EventTarget();
  const state = { isScheduleLost: false, enqueued: [] as string[], hasReturned: () => {} };
  const engine = {
    async schedule() {
      const wasLost = state.isScheduleLost;
      state.isScheduleLost = false;
      looks.dispatchEvent(new Event("look"));
      return wasLost;
    },
    onReturn(listener: () => void) {
      state.hasReturned = listener;
    },
    async enqueue(name: string, jobs: readonly { id: string }[]) {
      for (const { id } of jobs) state.enqueued.push(`${name} ${id}`);
    },
  } as unknown as Engine;
  return { engine, state, looks };
}

test("enqueues all open work when it starts, when the schedule was lost and when the queue is back, and not at each look", async () => {
  const { ledger } = kept;
  const source = { type: "directory" as const, path: "/evidence" };
  const folders = [{ vendor: "kongur", folder: { suit_id: "1001" }, source }];
  const { folderIds } = await createImport(ledger, { suit_ids: ["1001"], folders });
  const planning = `plan ${folderIds[0]}`;
  const { engine, state, looks } = fakeEngine();
  const logger = { warn: (fields: object) => expect.unreachable(JSON.stringify(fields)) };
  const loop = startReconcileLoop(
    { ledger, engine, logger: logger as unknown as Logger },
    { quietMs: 10 },
  );
  const someLooks = async () => {
    for (let look = 0; look < 5; look += 1) await once(looks, "look");
  };
  await someLooks();
  expect(state.enqueued).toEqual([planning]);
  state.isScheduleLost = true;
  await someLooks();
  expect(state.enqueued).toEqual([planning, planning]);
  state.hasReturned();
  await someLooks();
  await loop.stop();
  expect(state.enqueued).toEqual([planning, planning, planning]);
});
