import { ExhibitError } from "@exhibit/contracts";
import { expect, it } from "vitest";
import { createSlotter } from "../../src/slotting.ts";

const perFile: Parameters<typeof createSlotter>[1] = {
  limit: 3,
  slot: ({ path, number }) =>
    path.endsWith(".jpg")
      ? { index: String(number) }
      : new ExhibitError("FILE_NOT_ACCEPTED", `not ${path}`),
};

function slotted(paths: readonly string[], given: Record<string, number> = {}) {
  const slotter = createSlotter("v", perFile, new Map(Object.entries(given)));
  const aside = paths.flatMap((path) => slotter.add({ path, size: 1, modifiedAt: 0 }));
  return {
    slots: Object.fromEntries(slotter.rest().map(({ path, slot }) => [path, slot])),
    aside: aside.map(({ path }) => path),
  };
}

it("numbers files by the bytes of their paths, in whatever order they come", () => {
  const expected = { "Z.jpg": 1, "a.jpg": 2, "\u{fffd}.jpg": 3 };
  expect(slotted(["\u{fffd}.jpg", "a.jpg", "Z.jpg"]).slots).toEqual(expected);
  expect(slotted(["\u{1f4f7}.jpg", "a.jpg", "\u{fffd}.jpg", "Z.jpg"])).toEqual({
    slots: expected,
    aside: ["\u{1f4f7}.jpg"],
  });
});

it("gives no number to what the vendor doesn't take, and none beyond the limit", () => {
  expect(slotted(["e.jpg", "d.jpg", "a.tif", "c.jpg", "b.jpg", "f.jpg"])).toEqual({
    slots: { "b.jpg": 1, "c.jpg": 2, "d.jpg": 3 },
    aside: ["a.tif", "e.jpg", "f.jpg"],
  });
});

it("leaves numbers that were given, and fills those that are free", () => {
  expect(slotted(["a.jpg", "b.jpg", "m.jpg", "c.jpg"], { "m.jpg": 2 })).toEqual({
    slots: { "a.jpg": 1, "b.jpg": 3 },
    aside: ["c.jpg"],
  });
});

it("says why a file isn't taken", () => {
  const slotter = createSlotter("v", { ...perFile, limit: 0 }, new Map());
  const file = { size: 1, modifiedAt: 0 };
  expect(slotter.add({ ...file, path: "a.tif" })).toMatchObject([
    { state: "failed", path: "a.tif", code: "FILE_NOT_ACCEPTED", message: "not a.tif" },
  ]);
  expect(slotter.add({ ...file, path: "a.jpg" })[0]).toMatchObject({
    code: "FILE_NOT_ACCEPTED",
    message: expect.stringContaining("v takes at most 0 files"),
  });
});
