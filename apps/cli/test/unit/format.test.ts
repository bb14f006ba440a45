import { describe, expect, test } from "vitest";
import { formatBytes, formatCount, formatSeconds, formatTable } from "../../src/output/format.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [999_949, "999.9 kB"],
  [999_950, "1.0 MB"],
  [40_000_000, "40.0 MB"],
  [5_368_709_120, "5.4 GB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0.04, "0.0 s"],
  [9.96, "10 s"],
  [59.6, "1 min 0 s"],
  [63, "1 min 3 s"],
  [7_500, "2 h 5 min"],
  [7_199, "2 h 0 min"],
])("%d seconds are %s", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

test("counts have separators and the right number", () => {
  expect(formatCount(1, "file")).toBe("1 file");
  expect(formatCount(1_234_567, "file")).toBe("1,234,567 files");
});

describe("a table", () => {
  test("has its columns below each other, numbers to the right", () => {
    const rows = [
      ["NAME", "FILES"],
      ["a", "1,000"],
    ];
    expect(formatTable(rows, [1])).toEqual(["NAME  FILES", "a     1,000"]);
  });
});
