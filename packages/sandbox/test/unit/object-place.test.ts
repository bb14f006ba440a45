import { expect, it } from "vitest";
import { isPlainKey } from "../../src/oss/storage/object-place.ts";

it.each(["a", "a/b", "证据/照片 1.jpg", "😀", "...", "a..b", "-", "x".repeat(255)])(
  "takes %j as a path",
  (key) => {
    expect(isPlainKey(key, "linux")).toBe(true);
  },
);

it.each([
  "",
  ".",
  "../x",
  "a/../b",
  "a//b",
  "a/",
  "/a",
  "nul\0",
  "x".repeat(256),
  "证".repeat(86),
  ".sandbox-odd-names/x",
])("doesn't take %j as a path", (key) => {
  expect(isPlainKey(key, "linux")).toBe(false);
});

it.each(["a:b", "con", "COM1.txt", "x.", "x ", String.raw`a\b`])(
  "doesn't take %j as a path on Windows",
  (key) => {
    expect(isPlainKey(key, "win32")).toBe(false);
    expect(isPlainKey(key, "linux")).toBe(true);
  },
);
