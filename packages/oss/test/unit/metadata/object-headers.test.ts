import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { objectHeaders } from "../../../src/metadata/object-headers.ts";

const of = { key: "case/a.pdf", head: undefined };

it.each([
  [1_700_000_000_123, "1700000000.123"],
  [1_700_000_000_120, "1700000000.12"],
  [1_700_000_000_000, "1700000000"],
  [0, "0"],
  [1, "0.001"],
  [-1500, "-1.5"],
  [8.64e15, "8640000000000"],
  [8.64e15 - 1, "8639999999999.999"],
])("a time of %d ms is written as %s s", (modifiedAt, text) => {
  expect(objectHeaders({ ...of, modifiedAt })["x-oss-meta-mtime"]).toBe(text);
});

it("a SHA-256 is written in lower-case hexadecimal digits", () => {
  const sha256 = createHash("sha256").digest();
  expect(objectHeaders({ ...of, modifiedAt: undefined, sha256 })).toEqual({
    "content-type": "application/pdf",
    "x-oss-meta-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  });
});

it("what isn't known is left out", () => {
  expect(objectHeaders({ ...of, modifiedAt: undefined })).toEqual({
    "content-type": "application/pdf",
  });
});
