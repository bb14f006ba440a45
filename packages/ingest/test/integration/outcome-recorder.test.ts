import { ExhibitError } from "@exhibit/contracts";
import { type Ledger, listIncidents, type NotStored } from "@exhibit/ledger";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createOutcomeRecorder, FLUSH_AT } from "../../src/storing/outcome-recorder.ts";
import { outcomesOf, planShard } from "../rig.ts";

let ledger: Ledger;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, remove } = await ledgerKinds.PGlite());
});
afterAll(() => remove());

const failed = (fileId: number): NotStored => ({
  fileId,
  state: "failed",
  code: "SOURCE_IO",
  message: "It can't be read.",
});

/** A recorder on a ledger that fails with `fault` while that is set. */
async function recorderOf(paths: readonly string[]) {
  const shard = await planShard(ledger, paths);
  const state: { fault: Error | undefined; statements: number } = {
    fault: undefined,
    statements: 0,
  };
  const db = ledger.db.withPlugin({
    transformQuery({ node }) {
      state.statements += 1;
      if (state.fault) throw state.fault;
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  const stop = new AbortController();
  const recorder = createOutcomeRecorder({
    ledger: { ...ledger, db },
    folderId: shard.folderId,
    worker: null as unknown as number,
    signal: stop.signal,
  });
  return { ...shard, recorder, state, stop, ids: paths.map((path) => shard.files[path] as number) };
}

const away = () => new ExhibitError("SERVICE_UNREACHABLE", "The ledger doesn't answer.");
const isSettled = (work: Promise<unknown> | undefined) =>
  Promise.race([work?.then(() => true), new Promise((then) => setTimeout(then, 20, false))]);

test("Outcomes are recorded soon after they come, though there are few", async () => {
  const { recorder, ids, folderId } = await recorderOf(["a"]);
  expect(recorder.add(failed(ids[0] as number))).toBeUndefined();
  await expect
    .poll(() => outcomesOf(ledger, folderId), { interval: 20 })
    .toEqual({ a: ["failed", "SOURCE_IO"] });
});

test("A full batch is recorded at once, and what is added next is to wait for it", async () => {
  const paths = Array.from({ length: FLUSH_AT }, (_, number) => `${number}`);
  const { recorder, ids, folderId } = await recorderOf(paths);
  const waits = ids.map((id) => recorder.add(failed(id)));
  expect(waits.slice(0, -1).every((wait) => wait === undefined)).toBe(true);
  await waits.at(-1);
  const outcomes = Object.values(await outcomesOf(ledger, folderId));
  expect(outcomes).toEqual(paths.map(() => ["failed", "SOURCE_IO"]));
});

test("Nothing more is to be sent while the ledger is away, and nothing is lost meanwhile", async () => {
  const { recorder, ids, folderId, state } = await recorderOf(["a", "b"]);
  expect(recorder.ready()).toBeUndefined();
  state.fault = away();
  void recorder.add(failed(ids[0] as number));
  const flushed = recorder.flush();
  await expect.poll(() => recorder.ready() !== undefined, { interval: 5 }).toBe(true);
  const ready = recorder.ready();
  expect(await isSettled(ready)).toBe(false);
  void recorder.add(failed(ids[1] as number));
  state.fault = undefined;
  await ready;
  await flushed;
  expect(recorder.ready()).toBeUndefined();
  await recorder.flush();
  const both = ["failed", "SOURCE_IO"];
  expect(await outcomesOf(ledger, folderId)).toEqual({ a: both, b: both });
});

test("After a batch that can't be recorded everything rejects, and no later one is recorded", async () => {
  const { recorder, ids, folderId, state } = await recorderOf(["a", "b"]);
  const fault = new ExhibitError("INTERNAL", "This is a wrong statement.");
  state.fault = fault;
  void recorder.add(failed(ids[0] as number));
  await expect(recorder.flush()).rejects.toBe(fault);
  state.fault = undefined;
  void recorder.add(failed(ids[1] as number));
  await expect(recorder.flush()).rejects.toBe(fault);
  expect(await outcomesOf(ledger, folderId)).toMatchObject({ b: ["planned", null] });
});

test("A worker that stops doesn't wait for a ledger that is away", async () => {
  const { recorder, ids, state, stop } = await recorderOf(["a"]);
  state.fault = away();
  void recorder.add(failed(ids[0] as number));
  const flushed = recorder.flush();
  stop.abort();
  await expect(flushed).rejects.toMatchObject({ code: "SERVICE_UNREACHABLE" });
});

test("Incidents are recorded with the outcomes that come after them, once", async () => {
  const { recorder, ids, importId } = await recorderOf(["a"]);
  const id = ids[0] as number;
  recorder.note({ id }, new ExhibitError("DIGEST_MISMATCH", "It arrived damaged."));
  void recorder.add(failed(id));
  await recorder.flush();
  await recorder.flush();
  const { items } = await listIncidents(ledger, importId, { limit: 9 });
  expect(items).toMatchObject([{ path: "a", code: "DIGEST_MISMATCH" }]);
});
