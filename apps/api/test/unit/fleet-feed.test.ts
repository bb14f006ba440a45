import { setTimeout as pause } from "node:timers/promises";
import { folderOf, viewOf } from "@exhibit/client/testing";
import {
  everything,
  type FleetWorker,
  type FolderOfImport,
  type ImportView,
  type Scope,
} from "@exhibit/contracts";
import { afterEach, expect, test, vi } from "vitest";
import { createFleetFeed, type FleetFeedOptions } from "../../src/progress/fleet/fleet-feed.ts";
import { vendorState } from "../fake-imports.ts";

const ids = {
  mine: "0f8fad5b-d9cb-469f-a165-70867728950e",
  theirs: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
};
const worker: FleetWorker = {
  worker_id: "w-1",
  host: "h",
  os_user: "u",
  version: "0",
  node: "24",
  since: "2026-01-02T03:04:05.678Z",
  seen_at: "2026-01-02T03:04:05.678Z",
  alive: true,
  report: null,
};
const tenant: Scope = { ...everything, entrust_ids: ["E-1"], vendors: ["kongur"] };
const resting = ["sealed", "attention", "cancelled"];

let close = () => {};
afterEach(() => close());

interface Event {
  name: string;
  data: Record<string, unknown>;
  id: string;
}

/** A feed on a fleet in memory, which counts how often it is looked at. */
function started(options: Partial<FleetFeedOptions> = {}) {
  const views = new Map<string, ImportView>();
  /** How often each row was written. */
  const rows = new Map<string, number>();
  const folders: FolderOfImport[] = [];
  const workers = [worker];
  const acts: { id: number; importId: string }[] = [];
  let lastAct = 0;
  const state = { looks: 0, asked: 0, fault: undefined as Error | undefined, hasMoreActs: false };
  const faults: unknown[] = [];
  const put = (view: Partial<ImportView> & { import_id: string }) => {
    const before = views.get(view.import_id) ?? viewOf();
    const isOlder = Object.keys(view).every((name) => ["import_id", "seconds"].includes(name));
    const updated_at = new Date(Date.parse(before.updated_at) + (isOlder ? 0 : 1)).toISOString();
    rows.set(view.import_id, (rows.get(view.import_id) ?? 0) + 1);
    views.set(view.import_id, { ...before, ...view, updated_at });
  };
  const act = (importId: string) => {
    lastAct += 1;
    acts.unshift({ id: lastAct, importId });
  };
  const fleetWithin = (scope: Scope) => ({
    async movement() {
      state.looks += 1;
      if (state.fault) throw state.fault;
      const running = [...views.values()]
        .filter(({ status }) => !resting.includes(status))
        .map(({ import_id: id }) => ({ id, updatedAt: new Date(rows.get(id) ?? 0) }));
      return { running, acts: [...acts], hasMoreActs: state.hasMoreActs };
    },
    views: async (of: string[]) => of.flatMap((id) => views.get(id) ?? []),
    async folders(of: string[], { after }: { after: number }) {
      const all = folders.filter(
        ({ import_id, folder_id }) => of.includes(import_id) && Number(folder_id) > after,
      );
      // Two at a time.
      const items = all.slice(0, 2);
      return { items, next: all.length > 2 ? Number(items.at(-1)?.folder_id) : null };
    },
    workers: async () => ({ items: [...workers] }),
    async within(of: string[]) {
      state.asked += 1;
      const { entrust_ids } = scope;
      return of.filter((id) => entrust_ids.includes(views.get(id)?.entrust_id ?? ""));
    },
  });
  const list = async (scope: Scope) => {
    const { last_error, ...shown } = { ...vendorState, last_error: "suit 7 of E-2 is refused" };
    const items = [scope === everything ? { ...shown, last_error } : shown];
    return { scope: "fleet" as const, trial: false, items };
  };
  const feed = createFleetFeed({
    fleet: { within: fleetWithin },
    vendors: { within: (scope) => ({ list: () => list(scope) }) },
    onFault: (error) => void faults.push(error),
    interval: 10,
    heartbeat: 60_000,
    ...options,
  });
  close = feed.close;

  /** Listens; `until` resolves with all events once one of them fits. */
  function listen(scope: Scope = everything, lastId?: string) {
    const stream = feed.open(scope, lastId);
    let text = "";
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    const events = (): Event[] =>
      [...text.matchAll(/^event: (.*)\ndata: (.*)\nid: (.*)\n\n/gm)].map(
        ([, name = "", data = "", id = ""]) => ({ name, data: JSON.parse(data), id }),
      );
    return {
      stream,
      events,
      text: () => text,
      async until(fits: (event: Event) => boolean): Promise<Event[]> {
        while (!events().some(fits)) await pause(2);
        return events();
      },
    };
  }
  /** Resolves when everything has been looked at twice more. */
  async function looked(): Promise<void> {
    const before = state.looks;
    while (state.looks < before + 3) await pause(2);
  }
  return { feed, put, act, acts, folders, workers, listen, looked, state, faults };
}

const isReset = ({ name }: Event) => name === "reset";

test("Whoever listens is told to read the lists, and then of what changes, once", async () => {
  const { put, folders, workers, listen, looked } = started();
  put({ import_id: ids.mine, seconds: 1 });
  const all = listen();
  expect((await all.until(isReset)).map(({ name, data }) => [name, data])).toEqual([["reset", {}]]);
  put({ import_id: ids.mine, seconds: 2 });
  await looked();
  put({ import_id: ids.mine, stored: 700, seconds: 3 });
  await all.until(({ data }) => data.stored === 700);
  folders.push({ ...folderOf(), import_id: ids.mine, folder_id: "7", status: "storing" });
  put({ import_id: ids.mine });
  await all.until(({ name, data }) => name === "folder" && data.folder_id === "7");
  workers[0] = { ...worker, seen_at: "2026-01-02T03:04:07.678Z" };
  await looked();
  workers[0] = { ...worker, alive: false };
  await all.until(({ name, data }) => name === "worker" && data.alive === false);
  workers.pop();
  await all.until(({ name }) => name === "worker-gone");
  await looked();
  const [, ...told] = all.events();
  expect(told.map(({ name }) => name)).toEqual(["import", "folder", "worker", "worker-gone"]);
  expect(told.at(-1)?.data).toEqual({ worker_id: "w-1" });
  expect(new Set(told.map(({ id }) => id)).size).toBe(4);
});

test("An import that comes to rest is told, and what somebody does to it after that", async () => {
  const { put, act, listen, looked } = started();
  put({ import_id: ids.mine });
  act(ids.mine);
  const all = listen();
  await all.until(isReset);
  put({ import_id: ids.mine, status: "sealed" });
  await all.until(({ data }) => data.status === "sealed");
  put({ import_id: ids.mine, status: "sealed", title: "March" });
  await looked();
  expect(all.events()).toHaveLength(2);
  act(ids.mine);
  await all.until(({ data }) => data.title === "March");
  // One that is made and sealed between two looks.
  put({ import_id: ids.theirs, status: "sealed" });
  act(ids.theirs);
  await all.until(({ data }) => data.import_id === ids.theirs);
});

test("Folders that aren't all read at once are read in turns, until each was told", async () => {
  const { put, folders, listen } = started();
  put({ import_id: ids.mine });
  const all = listen();
  await all.until(isReset);
  const status = "storing";
  for (const number of [1, 2, 3, 4, 5])
    folders.push({ ...folderOf(), import_id: ids.mine, folder_id: String(number), status });
  put({ import_id: ids.mine, status: "sealed", stored: 1 });
  await all.until(({ data }) => data.folder_id === "5");
  const told = all.events().flatMap(({ data }) => data.folder_id ?? []);
  expect(told).toEqual(["1", "2", "3", "4", "5"]);
});

test("A scope is told of its own imports, and vendors without what is of others, and of no worker", async () => {
  const { put, folders, workers, listen, looked } = started();
  put({ import_id: ids.theirs, entrust_id: "E-2" });
  put({ import_id: ids.mine, entrust_id: "E-1" });
  const own = listen(tenant);
  await own.until(isReset);
  folders.push({ ...folderOf(), import_id: ids.theirs, folder_id: "66" });
  folders.push({ ...folderOf(), import_id: ids.mine, folder_id: "77" });
  workers[0] = { ...worker, alive: false };
  put({ import_id: ids.theirs, entrust_id: "E-2", stored: 1 });
  put({ import_id: ids.mine, stored: 701 });
  await own.until(({ data }) => data.stored === 701);
  await own.until(({ data }) => data.folder_id === "77");
  await looked();
  for (const word of [ids.theirs, "E-2", '"66"', "w-1"]) expect(own.text()).not.toContain(word);
  // Whoever has a scope of the same kind, and another case.
  const other = listen({ ...tenant, entrust_ids: ["E-2"] });
  await other.until(isReset);
  put({ import_id: ids.theirs, entrust_id: "E-2", stored: 2 });
  await other.until(({ data }) => data.stored === 2);
  expect(other.text()).not.toContain(ids.mine);
});

test("Who comes back is told what has changed since the last event, and nothing else", async () => {
  const { put, listen, looked } = started();
  put({ import_id: ids.mine });
  put({ import_id: ids.theirs });
  const before = listen();
  const [reset] = await before.until(isReset);
  before.stream.destroy();
  put({ import_id: ids.mine, stored: 702 });
  await looked();
  const after = listen(everything, reset?.id);
  const events = await after.until(({ data }) => data.stored === 702);
  expect(events.map(({ name, data }) => [name, data.import_id])).toEqual([["import", ids.mine]]);
  put({ import_id: ids.theirs, stored: 5 });
  put({ import_id: ids.mine, stored: 703 });
  await after.until(({ data }) => data.stored === 703);
  const [, first, second] = await after.until(({ data }) => data.stored === 5);
  // It was lost amid what came together.
  const third = listen(everything, first?.id);
  expect(await third.until(() => true)).toEqual([second]);
});

test.each(["nonsense", "abcdefgh.1", "", "kYx1dkIA.99999999999999999"])(
  "Who comes with an id that isn't known is told to read the lists anew: %j",
  async (id) => {
    const { put, listen } = started();
    put({ import_id: ids.mine });
    expect((await listen(everything, id).until(() => true))[0]?.name).toBe("reset");
  },
);

test("Who knows the number of a change that hasn't happened, isn't believed", async () => {
  const { listen } = started();
  const [reset] = await listen().until(isReset);
  const [epoch] = String(reset?.id).split(".");
  expect((await listen(everything, `${epoch}.999`).until(() => true))[0]?.name).toBe("reset");
});

test("After more acts than are looked at, all are told to read the lists anew, and go on", async () => {
  const { put, act, acts, listen, state } = started();
  put({ import_id: ids.mine });
  act(ids.mine);
  const all = listen();
  const [first] = await all.until(isReset);
  state.hasMoreActs = true;
  acts.length = 0;
  act(ids.mine);
  await all.until((event) => isReset(event) && event.id !== first?.id);
  put({ import_id: ids.mine, stored: 704 });
  await all.until(({ data }) => data.stored === 704);
});

test("What couldn't be read is told once it can, and nothing is lost by it", async () => {
  const { put, listen, looked, state, faults } = started();
  put({ import_id: ids.mine });
  const all = listen();
  await all.until(isReset);
  state.fault = new Error("the ledger is away");
  put({ import_id: ids.mine, status: "sealed", stored: 705 });
  await looked();
  expect(faults).toContain(state.fault);
  expect(all.events()).toHaveLength(1);
  state.fault = undefined;
  await all.until(({ data }) => data.stored === 705);
});

test("A thousand watchers cost one reader and one text, and nobody watching, nothing", async () => {
  const { put, listen, looked, state, feed } = started({ linger: 20 });
  put({ import_id: ids.mine, entrust_id: "E-1" });
  const one = listen();
  await one.until(isReset);
  const scopes = [everything, tenant, { ...tenant, entrust_ids: ["E-1", "E-2"] }];
  const others = Array.from({ length: 1000 }, (_, at) =>
    feed.open(scopes[at % scopes.length] as Scope, undefined),
  );
  const chunks: Buffer[] = [];
  let resets = 0;
  for (const other of others)
    other.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      resets += chunk.includes("event: reset") ? 1 : 0;
    });
  while (resets < 1000) await pause(2);
  await looked();
  const [looks, asked] = [state.looks, state.asked];
  expect(asked).toBeLessThanOrEqual(2);
  chunks.length = 0;
  put({ import_id: ids.mine, stored: 703 });
  await vi.waitUntil(() => chunks.filter((chunk) => chunk.includes("703")).length === 1000, 9_000);
  // One for each scope.
  expect(new Set(chunks).size).toBe(3);
  expect(state.looks - looks).toBeLessThan(100);
  expect(state.asked).toBe(asked);
  for (const stream of [...others, one.stream]) stream.destroy();
  await pause(100);
  const idle = state.looks;
  await pause(50);
  expect(state.looks).toBe(idle);
  // Who comes much later may have missed something.
  const [first] = one.events();
  expect((await listen(everything, first?.id).until(() => true))[0]?.name).toBe("reset");
});

test("While nothing happens there is a sign of life, by which nothing is missed", async () => {
  const { put, listen, looked } = started({ heartbeat: 20 });
  put({ import_id: ids.theirs, entrust_id: "E-2" });
  const one = listen(tenant);
  expect((await one.until(isReset)).length).toBe(1);
  put({ import_id: ids.theirs, stored: 1 });
  await looked();
  await vi.waitUntil(() => /^: still here\nid: (.*)\n\n$/m.test(one.text()));
  expect(one.text().startsWith("retry: 2000\n\n")).toBe(true);
});

test("A stream ends after a while, so that whoever listens is asked again who they are", async () => {
  const { listen } = started({ life: 100 });
  const one = listen();
  await new Promise((resolve) => one.stream.once("end", resolve));
  expect(one.events()[0]?.name).toBe("reset");
});

test("Who reads slowly is sent what is new by then, and each thing once", async () => {
  const { put, feed, looked } = started();
  put({ import_id: ids.mine });
  const slow = feed.open(everything, undefined);
  let text = "";
  const read = () => {
    for (let chunk = slow.read(); chunk !== null; chunk = slow.read()) text += chunk;
  };
  while (!text.includes("event: reset")) {
    read();
    await pause(2);
  }
  const long = "案".repeat(100_000);
  for (const stored of [1, 2, 3, 4, 5]) {
    put({ import_id: ids.mine, entrust_id: long, stored });
    await looked();
  }
  expect(slow.readableLength).toBeLessThan(1024 * 1024);
  while (!text.includes('"stored":5')) {
    read();
    await pause(2);
  }
  expect(text.match(/event: import/g)?.length).toBeLessThan(5);
});
