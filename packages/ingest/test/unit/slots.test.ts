import { ExhibitError } from "@exhibit/contracts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createSlots } from "../../src/planning/slots.ts";

const perFile: Parameters<typeof createSlots>[1] = {
  limit: 3,
  slot: ({ path, number }) =>
    path.endsWith(".jpg")
      ? { index: String(number) }
      : new ExhibitError("FILE_NOT_ACCEPTED", `not ${path}`),
};

function slotted(paths: readonly string[], given: Record<string, number> = {}) {
  const slots = createSlots("v", perFile, new Map(Object.entries(given)));
  const unsendable = paths.flatMap((path) => slots.add({ path, size: 1, modifiedAt: 0 }));
  return {
    slots: Object.fromEntries(slots.rest().map(({ path, slot }) => [path, slot])),
    unsendable: unsendable.map(({ path }) => path),
  };
}

it("numbers files by the bytes of their paths, in whatever order they come", () => {
  const expected = { "Z.jpg": 1, "a.jpg": 2, "\u{fffd}.jpg": 3 };
  expect(slotted(["\u{fffd}.jpg", "a.jpg", "Z.jpg"]).slots).toEqual(expected);
  expect(slotted(["\u{1f4f7}.jpg", "a.jpg", "\u{fffd}.jpg", "Z.jpg"])).toEqual({
    slots: expected,
    unsendable: ["\u{1f4f7}.jpg"],
  });
});

it("assigns no number to a file that the vendor refuses, and none beyond the limit", () => {
  expect(slotted(["e.jpg", "d.jpg", "a.tif", "c.jpg", "b.jpg", "f.jpg"])).toEqual({
    slots: { "b.jpg": 1, "c.jpg": 2, "d.jpg": 3 },
    unsendable: ["a.tif", "e.jpg", "f.jpg"],
  });
});

it("keeps the numbers assigned before, and fills the free ones", () => {
  expect(slotted(["a.jpg", "b.jpg", "m.jpg", "c.jpg"], { "m.jpg": 2 })).toEqual({
    slots: { "a.jpg": 1, "b.jpg": 3 },
    unsendable: ["c.jpg"],
  });
});

it("says why a file isn't accepted", () => {
  const slots = createSlots("v", { ...perFile, limit: 0 }, new Map());
  const file = { size: 1, modifiedAt: 0 };
  expect(slots.add({ ...file, path: "a.tif" })).toMatchObject([
    { state: "failed", path: "a.tif", code: "FILE_NOT_ACCEPTED", message: "not a.tif" },
  ]);
  expect(slots.add({ ...file, path: "a.jpg" })[0]).toMatchObject({
    code: "FILE_NOT_ACCEPTED",
    message: expect.stringContaining("v takes at most 0 files"),
  });
});

it("assigns each file one slot or one reason, and the free slots to the first by path, in whatever order they come", () => {
  const name = fc.constantFrom(..."abcdefghijklmnop\u{fffd}\u{1f4f7}");
  const path = fc
    .tuple(name, name, fc.constantFrom("jpg", "tif"))
    .map(([a, b, c]) => `${a}${b}.${c}`);
  const given = fc.uniqueArray(fc.tuple(path, fc.integer({ min: 1, max: 3 })), {
    maxLength: 3,
    selector: ([, slot]) => slot,
    comparator: "IsStrictlyEqual",
  });
  const paths = fc
    .uniqueArray(path, { maxLength: 8 })
    .chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
  fc.assert(
    fc.property(paths, given, ([one, other], pairs) => {
      const had = Object.fromEntries(pairs);
      const { slots, unsendable } = slotted(one, had);
      const taken = Object.values(slots);
      const fresh = one.filter((each) => !(each in had));
      expect([...Object.keys(slots), ...unsendable].sort()).toEqual([...fresh].sort());
      expect(new Set([...taken, ...Object.values(had)]).size).toBe(
        taken.length + Object.values(had).length,
      );
      for (const slot of taken) expect([1, 2, 3]).toContain(slot);
      const images = fresh.filter((each) => each.endsWith(".jpg"));
      const byBytes = images.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const free = 3 - Object.values(had).length;
      expect(Object.keys(slots).sort()).toEqual(byBytes.slice(0, free).sort());
      const again = slotted(other, had);
      expect(again.slots).toEqual(slots);
      expect([...again.unsendable].sort()).toEqual([...unsendable].sort());
    }),
  );
});
