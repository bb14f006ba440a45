import { expect, it } from "vitest";
import { checkUnchanged, statOf } from "../../src/file-system/file-stat.ts";

it.each([
  ["an ordinary one", 1_700_000_000_123.9, 1_700_000_000_123],
  ["before 1970", -0.5, -1],
  ["NTFS's largest", 910_692_730_085_477, 910_692_730_085_477],
  ["far beyond any date", 9.2e21, 8.64e15],
  ["far before any date", -9.2e21, -8.64e15],
  ["no number", Number.NaN, 0],
])(
  "has a time that the ledger can hold, whatever the disk reports: %s",
  (_, mtimeMs, modifiedAt) => {
    const stat = statOf({ size: 1, mtimeMs });
    expect(stat).toEqual({ size: 1, modifiedAt });
    expect(Object.is(stat.modifiedAt, -0)).toBe(false);
    const changed = { ...stat, modifiedAt: 0, size: 2 };
    expect(() => checkUnchanged("a", stat, changed)).toThrow(
      expect.objectContaining({ code: "SOURCE_CHANGED" }),
    );
  },
);
