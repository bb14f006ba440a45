import { type ErrorCode, ExhibitError, type VendorState } from "@exhibit/contracts";
import { expect, it } from "vitest";
import {
  asLastingRefusal,
  hasTaken,
  type Meanwhile,
  settleBlocked,
} from "../../src/storing/lasting-faults.ts";
import type { NotStoredFile } from "../../src/storing/shard-result.ts";

const HOUR = 20;

function notStored(code: ErrorCode, before: ErrorCode | null = null): NotStoredFile {
  const error = new ExhibitError(code, `PUT of it: ${code}`);
  const file = { id: 7, path: "a", size: 1, modifiedMs: 0, slot: null, hasUpload: false };
  const outcome = { fileId: 7, state: "planned" as const, code, message: error.message };
  return { file: { ...file, code: before }, outcome, error };
}

interface Case {
  takesOthers?: boolean;
  answers?: boolean;
  moved?: boolean;
  postponed?: number;
  last?: boolean;
}

async function settle(entry: NotStoredFile, of: Case) {
  const asked: string[] = [];
  const meanwhile: Meanwhile = {
    attempt: { last: of.last ?? false, postponed: of.postponed ?? 0 },
    hasMoved: () => of.moved ?? false,
    takesOthers: async () => of.takesOthers ?? false,
    async answers() {
      asked.push("look");
      return of.answers ?? true;
    },
  };
  const [outcome] = await settleBlocked([entry], meanwhile);
  return { outcome, looks: asked.length };
}

it.each<[string, Case, ErrorCode, ErrorCode | null]>([
  ["others get through", { takesOthers: true }, "STORE_UNAVAILABLE", null],
  ["they did earlier", {}, "STORE_UNAVAILABLE", "STORE_BLOCKED"],
  ["this has lasted for an hour", { postponed: HOUR }, "STORE_UNAVAILABLE", null],
  ["a pause was asked for for an hour", { postponed: HOUR }, "STORE_THROTTLED", null],
])("takes it for the file's own fault when OSS answers and %s", async (_, of, code, before) => {
  const blocked = { fileId: 7, code: "STORE_BLOCKED", message: expect.stringContaining(code) };
  const { outcome } = await settle(notStored(code, before), of);
  expect(outcome).toMatchObject({ ...blocked, state: "planned" });
  const entry = notStored(code, before);
  expect((await settle(entry, { ...of, last: true })).outcome).toMatchObject({ state: "failed" });
  expect(entry).toMatchObject({ error: { code: "STORE_BLOCKED" }, outcome: { state: "failed" } });
  // None of that counts while OSS doesn't answer.
  expect(await settle(notStored(code, before), { ...of, answers: false })).toEqual({ looks: 1 });
});

it.each<[string, Case, ErrorCode]>([
  ["nobody is there to compare with", { postponed: HOUR - 1 }, "STORE_UNAVAILABLE"],
  ["parts of it got through", { takesOthers: true, moved: true }, "STORE_UNAVAILABLE"],
  ["a pause is asked for", { takesOthers: true }, "STORE_THROTTLED"],
  ["it failed for another reason", { takesOthers: true, postponed: HOUR }, "SOURCE_IO"],
])("doesn't even look when %s", async (_, of, code) => {
  expect(await settle(notStored(code), of)).toEqual({ looks: 0 });
});

it("tells whether a bucket accepted bytes between two looks at the windows", () => {
  const bucket = { endpoint: "e", name: "b" } as Parameters<typeof hasTaken>[0];
  const window = (of: string, accepted: number) => ({
    ...{ endpoint: "e", bucket: of, size: 16, inFlight: 0 },
    accepted,
  });
  expect(hasTaken(bucket, [], [window("b", 0)])).toBe(false);
  expect(hasTaken(bucket, [], [window("b", 1)])).toBe(true);
  expect(hasTaken(bucket, [window("b", 1)], [window("b", 1), window("c", 5)])).toBe(false);
});

it.each<[string, number, ErrorCode, Partial<VendorState>, ErrorCode]>([
  ["after an hour", HOUR, "VENDOR_UNAVAILABLE", {}, "VENDOR_REFUSED"],
  ["before", HOUR - 1, "VENDOR_UNAVAILABLE", {}, "VENDOR_UNAVAILABLE"],
  ["that is down", HOUR, "VENDOR_UNAVAILABLE", { state: "open" }, "VENDOR_UNAVAILABLE"],
  ["that opens none", HOUR, "VENDOR_UNAVAILABLE", { leases: 0 }, "VENDOR_UNAVAILABLE"],
  ["asking for a pause", HOUR, "VENDOR_THROTTLED", {}, "VENDOR_THROTTLED"],
])(
  "takes a vendor that opens all folders but this one, %s, for one that refuses or not",
  async (_, postponed, code, of, expected) => {
    const ok = { vendor: "v", state: "ok", leases: 1, calls: 9, refusals: 0 } as const;
    const broker = {
      states: async () => [
        { ...ok, vendor: "other" },
        { ...ok, ...of },
      ],
    };
    const error = new ExhibitError(code, "it is down");
    const named = await asLastingRefusal(error, broker, "v", { postponed });
    expect(named).toMatchObject({ code: expected, message: expect.stringContaining("it is down") });
  },
);
