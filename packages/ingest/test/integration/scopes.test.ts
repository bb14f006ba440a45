import {
  everything,
  type ImportRequest,
  type Scope,
  type VendorState,
  type WorkerWaits,
} from "@exhibit/contracts";
import { beat, type Ledger, readFolder, recordWorkerFacts } from "@exhibit/ledger";
import { idleReport, ledgerKinds } from "@exhibit/ledger/testing";
import type { Engine } from "@exhibit/queue";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBandwidth } from "../../src/control/bandwidth.ts";
import { createImports, type Imports } from "../../src/control/imports.ts";
import { createVendorControl } from "../../src/control/vendors.ts";
import { createAsk } from "../../src/questions/ask.ts";
import { createRig } from "../rig.ts";

let ledger: Ledger;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, remove } = await ledgerKinds.PGlite());
});
afterAll(() => remove());

const state = (vendor: string): VendorState => ({
  vendor,
  state: "failing",
  last_error_code: "VENDOR_DOWN",
  last_error: `${vendor}: suit 1001 of E-2 is refused`,
  leases: 0,
  calls: 1,
  refusals: 0,
});

/** What a principal with this scope can do; kongur, rex and wombat are configured. */
function within(limits: Partial<Scope>) {
  const { dependencies, asked } = createRig(ledger, []);
  const configured = ["kongur", "rex", "wombat"];
  const broker = {
    ...dependencies.broker,
    has: (vendor: string) => configured.includes(vendor),
    states: async () => configured.map(state),
  };
  const engine = { ...dependencies.engine, away: () => undefined } as unknown as Engine;
  const ask = createAsk({ ledger, engine });
  const common = { ledger, engine, broker, ask, logger: dependencies.logger };
  const scope: Scope = { ...everything, ...limits };
  return {
    imports: createImports({ ...common, roots: ["/evidence"], dataDir: undefined }).within(scope),
    vendors: createVendorControl({ ...common, knows: "fleet" }).within(scope),
    bandwidth: createBandwidth(ledger).within(scope),
    enqueued: asked.enqueued,
  };
}

const request = (
  entrust_id: string | undefined,
  ...folders: [vendor: string, path: string][]
): ImportRequest => ({
  entrust_id,
  suit_ids: [],
  folders: folders.map(([vendor, path]) => ({
    vendor,
    folder: { suit_id: "1001" },
    source: { type: "directory", path },
  })),
});

const tenant: Partial<Scope> = {
  entrust_ids: ["E-1", "E-11"],
  vendors: ["kongur", "rex", "gone"],
  roots: ["/evidence/E-1"],
};

describe("An import that somebody with a scope makes", () => {
  test("is made when all of it is within the scope, whose roots stay with it", async () => {
    const { imports, enqueued } = within(tenant);
    const made = await imports.create(
      request("E-1", ["kongur", "/evidence/E-1"], ["rex", "/evidence/E-1/b"]),
    );
    expect(enqueued).toHaveLength(2);
    const [{ folder_id = "" } = {}] = (await imports.folders(made.import_id, { limit: 1 })).items;
    const { source_limits } = await readFolder(ledger, Number(folder_id));
    expect(source_limits).toEqual(["/evidence/E-1"]);
  });

  const E1 = "/evidence/E-1";
  test.each<[string, ImportRequest, object]>([
    [
      "another entrust_id",
      request("E-2", ["kongur", E1]),
      {
        code: "AUTH_FORBIDDEN",
        message: 'The entrust_id "E-2" isn\'t within your scope: E-1, E-11.',
        details: { entrust_id: "E-2" },
      },
    ],
    [
      "no entrust_id",
      request(undefined, ["kongur", E1]),
      {
        code: "AUTH_FORBIDDEN",
        message:
          "An import of yours has to name its entrust_id, one of those in your scope: E-1, E-11.",
        details: {},
      },
    ],
    [
      "another vendor in one of its folders",
      request("E-1", ["kongur", E1], ["wombat", E1]),
      {
        code: "AUTH_FORBIDDEN",
        message: 'folders[1]: The vendor "wombat" isn\'t within your scope: kongur, rex, gone.',
        details: { vendor: "wombat", folder: 1 },
      },
    ],
    [
      "a vendor that isn't there, which is told in the same words",
      request("E-1", ["kongur", E1], ["wombot", E1]),
      {
        code: "AUTH_FORBIDDEN",
        message: 'folders[1]: The vendor "wombot" isn\'t within your scope: kongur, rex, gone.',
        details: { vendor: "wombot", folder: 1 },
      },
    ],
    [
      "a vendor in the scope that isn't configured, and names no other",
      request("E-1", ["gone", E1]),
      { code: "REQUEST_INVALID", message: 'folders[0]: The vendor "gone" isn\'t configured.' },
    ],
    [
      "a path outside the scope's roots, and names no other",
      request("E-1", ["kongur", E1], ["kongur", "/evidence/E-1/../E-2"]),
      {
        code: "SOURCE_OUTSIDE_ROOTS",
        message:
          "folders[1]: The source /evidence/E-1/../E-2 lies outside the folders that may be read: /evidence/E-1.",
        details: { folder: 1 },
      },
    ],
  ])("isn't made with %s", async (_, of, error) => {
    const { imports, enqueued } = within(tenant);
    const all = async () =>
      (await within({}).imports.list({ limit: 100 })).items.map(({ import_id }) => import_id);
    const before = await all();
    await expect(imports.create(of)).rejects.toMatchObject(error);
    expect(await all()).toEqual(before);
    expect(enqueued).toEqual([]);
  });
});

test("Everything that is asked of an import asks for the scope first", async () => {
  const { import_id: theirs } = await within({}).imports.create(
    request("E-2", ["kongur", "/evidence/E-2"]),
  );
  const { imports, enqueued } = within(tenant);
  const place = { endpoint: "e", bucket: "b", prefix: "p/", why: "moved" };
  const page = { limit: 9 };
  // The types see to it that no method is left out.
  const all: Record<
    Exclude<keyof Imports, "create" | "list" | "dryRun" | "failures" | "findFiles">,
    () => Promise<unknown>
  > = {
    get: () => imports.get(theirs),
    folders: () => imports.folders(theirs, page),
    suits: () => imports.suits(theirs, page),
    rates: () => imports.rates(theirs, {}),
    files: () => imports.files(theirs, page),
    file: () => imports.file(theirs, "1"),
    tree: () => imports.tree(theirs, "1", page),
    errors: () => imports.errors(theirs, { by: [], limit: 9 }),
    audit: () => imports.audit(theirs, page),
    incidents: () => imports.incidents(theirs, page),
    change: () => imports.change(theirs, { title: "mine" }),
    retry: () => imports.retry(theirs),
    cancel: () => imports.cancel(theirs),
    pause: () => imports.pause(theirs),
    resume: () => imports.resume(theirs),
    waive: () => imports.waive(theirs, { why: "no" }),
    acceptDestination: () => imports.acceptDestination(theirs, "nonsense", place),
  };
  for (const [name, ask] of Object.entries(all)) {
    const error = { code: "NOT_FOUND", message: `There is no import ${theirs}.` };
    await expect(ask(), name).rejects.toMatchObject(error);
  }
  expect(enqueued).toEqual([]);
  expect((await within({}).imports.get(theirs)).status).toBe("planning");
});

describe("Vendors, to somebody with a scope,", () => {
  test("are those of the scope, without their last error", async () => {
    const names = async (limits: Partial<Scope>) =>
      (await within(limits).vendors.list()).items.map(({ vendor, last_error }) => [
        vendor,
        last_error !== undefined,
      ]);
    expect(await names(tenant)).toEqual([
      ["kongur", false],
      ["rex", false],
    ]);
    expect(await names({ entrust_ids: ["E-1"] })).toEqual([
      ["kongur", false],
      ["rex", false],
      ["wombat", false],
    ]);
    expect(await names({})).toEqual([
      ["kongur", true],
      ["rex", true],
      ["wombat", true],
    ]);
  });

  test("are waited for by imports of the scope", async () => {
    const mine = await within(tenant).imports.create(request("E-1", ["kongur", "/evidence/E-1"]));
    const theirs = await within({}).imports.create(request("E-2", ["kongur", "/evidence/E-2"]));
    const wait = (import_id: string, name: string): WorkerWaits["waits"][number] => ({
      ...{ for: "source", name, code: null, message: `${name} is slow`, vendor: "kongur" },
      ...{ since: "2026-11-30T10:00:00.000Z", import_id, folder_id: 0 },
    });
    const waits: WorkerWaits = {
      moving: [],
      waits: [wait(mine.import_id, "/evidence/E-1"), wait(theirs.import_id, "/evidence/E-2")],
    };
    const facts = { host: "h", osUser: "u", version: "0", node: "24", openssl: "3" };
    const worker = await recordWorkerFacts(ledger, facts);
    await beat(ledger, crypto.randomUUID(), {
      worker,
      waits,
      sight: { view: "v", missed: [], unseen_too: [] },
      report: idleReport,
    });
    const told = async (limits: Partial<Scope>) =>
      (await within(limits).vendors.list()).items[0]?.waiting?.map(({ name }) => name);
    expect(await told(tenant)).toEqual(["/evidence/E-1"]);
    expect(await told({})).toEqual(["/evidence/E-1", "/evidence/E-2"]);
  });

  test("aren't there when they are outside of it: an unknown one is told in the same words", async () => {
    const { vendors } = within(tenant);
    for (const name of ["wombat", "wombot", "gone"]) {
      const error = {
        code: "NOT_FOUND",
        message: `There is no vendor ${JSON.stringify(name)}; configured: kongur, rex.`,
      };
      await expect(vendors.pause(name)).rejects.toMatchObject(error);
      await expect(vendors.resume(name)).rejects.toMatchObject(error);
      await expect(vendors.audit(name, { limit: 1 })).rejects.toMatchObject(error);
    }
    const paused = await vendors.pause("rex", { why: "until Monday" }, "ops");
    expect(paused).toMatchObject({ vendor: "rex", paused: { who: "ops" } });
    expect(paused).not.toHaveProperty("last_error");
    await vendors.resume("rex");
    expect((await vendors.audit("rex", { limit: 9 })).items).toHaveLength(2);
  });
});

test("The bandwidth's numbers are for all; only somebody without a scope sets it and sees who did", async () => {
  const { bandwidth } = within({});
  await bandwidth.set({ limit: "10M", why: "the office works" }, "ops");
  for (const limits of [tenant, { vendors: ["kongur"] }, { roots: ["/evidence"] }]) {
    const scoped = within(limits).bandwidth;
    await expect(scoped.set({ limit: "off" })).rejects.toMatchObject({ code: "AUTH_FORBIDDEN" });
    expect(await scoped.get()).toMatchObject({ limit: "10M", changes: [] });
  }
  expect(await bandwidth.get()).toMatchObject({ limit: "10M", changes: [{ who: "ops" }] });
});
